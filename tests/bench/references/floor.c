/* The floor: signatures by a PKCS#11 module with nothing around them.
 *
 *     floor MODULE
 *
 * Standard input: the PIN, then a count a line. Standard output: "ready" after the first signature, then for each
 * count one line with that many durations in nanoseconds. RSA-2048, SHA-256, CKM_RSA_PKCS on the first token.
 * The places in CK_FUNCTION_LIST are those of PKCS#11 v2.40, section 4.1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long ulong;
typedef ulong (*call)();

struct list { unsigned char version[2]; void *functions[68]; };
struct mechanism { ulong type; void *parameter; ulong size; };
struct attribute { ulong type; void *value; ulong size; };

enum { INITIALIZE = 0, GET_SLOT_LIST = 4, OPEN_SESSION = 12, LOGIN = 18 };
enum { FIND_INIT = 26, FIND = 27, FIND_FINAL = 28, SIGN_INIT = 42, SIGN = 43 };
enum { CKM_RSA_PKCS = 1, CKA_CLASS = 0, CKO_PRIVATE_KEY = 3, CKF_SERIAL_SESSION = 4, CKU_USER = 1 };

static struct list *module;

static void must(ulong code, const char *what) {
    if (code) {
        fprintf(stderr, "%s: 0x%lx\n", what, code);
        exit(1);
    }
}

#define CALL(place, ...) must(((call) module->functions[place])(__VA_ARGS__), #place)

static void sign(ulong session, ulong key) {
    unsigned char digest_info[51] = {
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20
    };
    unsigned char signature[512];
    ulong size = sizeof signature;
    struct mechanism mechanism = { CKM_RSA_PKCS, NULL, 0 };
    CALL(SIGN_INIT, session, &mechanism, key);
    CALL(SIGN, session, digest_info, (ulong) sizeof digest_info, signature, &size);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **arguments) {
    char line[256];
    ulong slots[16], number = 16, session, key, found = 0, class = CKO_PRIVATE_KEY;
    struct attribute wanted = { CKA_CLASS, &class, sizeof class };
    void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (!library || !fgets(line, sizeof line, stdin)) return 2;
    line[strcspn(line, "\n")] = 0;
    must(((call) dlsym(library, "C_GetFunctionList"))(&module), "C_GetFunctionList");
    CALL(INITIALIZE, NULL);
    CALL(GET_SLOT_LIST, 1, slots, &number);
    CALL(OPEN_SESSION, slots[0], (ulong) CKF_SERIAL_SESSION, NULL, NULL, &session);
    CALL(LOGIN, session, (ulong) CKU_USER, line, (ulong) strlen(line));
    CALL(FIND_INIT, session, &wanted, (ulong) 1);
    CALL(FIND, session, &key, (ulong) 1, &found);
    CALL(FIND_FINAL, session);
    if (!found) return 3;
    sign(session, key);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        for (long left = strtol(line, NULL, 10); left > 0; left--) {
            long long before = now();
            sign(session, key);
            printf("%lld ", now() - before);
        }
        puts("");
        fflush(stdout);
    }
    return 0;
}
