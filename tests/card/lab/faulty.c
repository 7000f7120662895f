/* A PKCS#11 module that forwards everything to a real one, and misbehaves where it is told to.
 *
 * Its orders stand in the file "<this library>.orders", read again at each call, one a line:
 *
 *     module /usr/lib/x86_64-linux-gnu/opensc-pkcs11.so
 *     <point> crash | hang | spoil | stretch | return <CKR in hex>
 *     keypad
 *
 * A point is a function's name, or "load" (dlopen), or "CKA_VALUE" (what C_GetAttributeValue says of it).
 * `keypad` makes the token one with a protected authentication path (PKCS#11 v2.40, sections 5.5 and 5.6):
 * what the hand presses on the reader is read from the FIFO "<this library>.keypad", a line a number;
 * an empty line is the cancel key.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef unsigned char byte;

enum { FUNCTIONS = 68 };
enum { GENERAL_ERROR = 0x05, FUNCTION_CANCELED = 0x50 };
enum { PROTECTED_AUTHENTICATION_PATH = 0x100 };
enum { CKA_VALUE = 0x11 };
/* Places in CK_FUNCTION_LIST (PKCS#11 v2.40, section 4.1). */
enum {
    INITIALIZE = 0, GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, SET_PIN = 11, OPEN_SESSION = 12, LOGIN = 18,
    GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS = 27, SIGN_INIT = 42, SIGN = 43
};

struct list { byte version[2]; void *functions[FUNCTIONS]; };
struct attribute { ulong type; void *value; ulong size; };
struct token_info {
    byte label[32], manufacturer[32], model[16], serial[16];
    ulong flags, sessions[4], longest_pin, shortest_pin, memory[4];
    byte versions[4], time[16];
};

static struct list real, ours;

static const char *beside(const char *extension) {
    static char path[4096];
    Dl_info self;
    dladdr((void *) beside, &self);
    snprintf(path, sizeof path, "%s%s", self.dli_fname, extension);
    return path;
}

/* The rest of the line of `point` in the orders; NULL where nothing is ordered. */
static const char *order(const char *point) {
    static char line[4096];
    size_t length = strlen(point);
    FILE *file = fopen(beside(".orders"), "r");
    const char *found = NULL;
    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, point, length) && (line[length] == ' ' || !line[length]))
            found = line + length + (line[length] == ' ');
    }
    if (file) fclose(file);
    return found;
}

static int says(const char *action, const char *wanted) {
    return action && !strcmp(action, wanted);
}

/* Does what is ordered for `point`; whether the function shall return `*code` at once. */
static int misbehave(const char *point, ulong *code) {
    const char *action = order(point);
    if (says(action, "crash")) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    while (says(action, "hang")) pause();
    if (action && !strncmp(action, "return ", 7)) {
        *code = strtoul(action + 7, NULL, 16);
        return 1;
    }
    return 0;
}

#define FORWARD(place, types, ...) (((ulong (*) types) real.functions[place])(__VA_ARGS__))
#define MISBEHAVE(point) do { ulong code; if (misbehave(point, &code)) return code; } while (0)

static ulong initialize(void *arguments) {
    MISBEHAVE("C_Initialize");
    return FORWARD(INITIALIZE, (void *), arguments);
}

static ulong get_slot_list(byte present, ulong *slots, ulong *count) {
    MISBEHAVE("C_GetSlotList");
    return FORWARD(GET_SLOT_LIST, (byte, ulong *, ulong *), present, slots, count);
}

static ulong get_token_info(ulong slot, struct token_info *info) {
    MISBEHAVE("C_GetTokenInfo");
    ulong code = FORWARD(GET_TOKEN_INFO, (ulong, struct token_info *), slot, info);
    if (says(order("C_GetTokenInfo"), "spoil")) {
        memset(info, 0xa5, (size_t) ((byte *) &info->flags - (byte *) info));
        memset(&info->sessions, 0xff, sizeof *info - ((byte *) &info->sessions - (byte *) info));
    }
    if (order("keypad")) info->flags |= PROTECTED_AUTHENTICATION_PATH;
    return code;
}

static ulong open_session(ulong slot, ulong flags, void *application, void *notify, ulong *session) {
    MISBEHAVE("C_OpenSession");
    return FORWARD(OPEN_SESSION, (ulong, ulong, void *, void *, ulong *), slot, flags, application, notify,
                   session);
}

static ulong find_objects(ulong session, ulong *objects, ulong limit, ulong *count) {
    MISBEHAVE("C_FindObjects");
    return FORWARD(FIND_OBJECTS, (ulong, ulong *, ulong, ulong *), session, objects, limit, count);
}

static void spoil(struct attribute *attribute, const char *action) {
    if (says(action, "spoil") && attribute->value && attribute->size != (ulong) -1)
        memset(attribute->value, 0xa5, attribute->size);
    if (says(action, "stretch")) attribute->size = 1UL << 60;
}

static ulong get_attribute_value(ulong session, ulong object, struct attribute *template, ulong count) {
    MISBEHAVE("C_GetAttributeValue");
    ulong code = FORWARD(GET_ATTRIBUTE_VALUE, (ulong, ulong, struct attribute *, ulong), session, object,
                         template, count);
    for (ulong i = 0; i < count; i++) {
        spoil(&template[i], order("C_GetAttributeValue"));
        if (template[i].type == CKA_VALUE) spoil(&template[i], order("CKA_VALUE"));
    }
    return code;
}

static ulong sign_init(ulong session, void *mechanism, ulong key) {
    MISBEHAVE("C_SignInit");
    return FORWARD(SIGN_INIT, (ulong, void *, ulong), session, mechanism, key);
}

static ulong sign(ulong session, byte *data, ulong size, byte *signature, ulong *length) {
    if (signature) MISBEHAVE("C_Sign");
    ulong code = FORWARD(SIGN, (ulong, byte *, ulong, byte *, ulong *), session, data, size, signature, length);
    if (code == 0 && signature && says(order("C_Sign"), "spoil")) signature[*length - 1] ^= 1;
    return code;
}

/* One number from the keypad, without its end of line; -1 for the cancel key. */
static int pressed(FILE *keypad, char *number, int size) {
    if (!keypad || !fgets(number, size, keypad)) return -1;
    number[strcspn(number, "\n")] = 0;
    return *number ? 0 : -1;
}

static ulong login(ulong session, ulong user, byte *pin, ulong size) {
    MISBEHAVE("C_Login");
    char number[64];
    if (pin || !order("keypad"))
        return FORWARD(LOGIN, (ulong, ulong, byte *, ulong), session, user, pin, size);
    FILE *keypad = fopen(beside(".keypad"), "r");
    int state = pressed(keypad, number, sizeof number);
    if (keypad) fclose(keypad);
    if (state) return FUNCTION_CANCELED;
    return FORWARD(LOGIN, (ulong, ulong, byte *, ulong), session, user, (byte *) number, strlen(number));
}

static ulong set_pin(ulong session, byte *old, ulong old_size, byte *new, ulong new_size) {
    MISBEHAVE("C_SetPIN");
    char before[64], after[64];
    if (old || !order("keypad"))
        return FORWARD(SET_PIN, (ulong, byte *, ulong, byte *, ulong), session, old, old_size, new, new_size);
    FILE *keypad = fopen(beside(".keypad"), "r");
    int state = pressed(keypad, before, sizeof before) || pressed(keypad, after, sizeof after);
    if (keypad) fclose(keypad);
    if (state) return FUNCTION_CANCELED;
    return FORWARD(SET_PIN, (ulong, byte *, ulong, byte *, ulong), session, (byte *) before, strlen(before),
                   (byte *) after, strlen(after));
}

ulong C_GetFunctionList(struct list **list) {
    MISBEHAVE("C_GetFunctionList");
    const char *path = order("module");
    void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    ulong (*get)(struct list **) = module ? (ulong (*)(struct list **)) dlsym(module, "C_GetFunctionList") : NULL;
    struct list *theirs;
    if (!get || get(&theirs)) return GENERAL_ERROR;
    real = ours = *theirs;
    ours.functions[INITIALIZE] = initialize;
    ours.functions[GET_SLOT_LIST] = get_slot_list;
    ours.functions[GET_TOKEN_INFO] = get_token_info;
    ours.functions[SET_PIN] = set_pin;
    ours.functions[OPEN_SESSION] = open_session;
    ours.functions[LOGIN] = login;
    ours.functions[GET_ATTRIBUTE_VALUE] = get_attribute_value;
    ours.functions[FIND_OBJECTS] = find_objects;
    ours.functions[SIGN_INIT] = sign_init;
    ours.functions[SIGN] = sign;
    *list = &ours;
    return 0;
}

__attribute__((constructor)) static void load(void) {
    ulong code;
    misbehave("load", &code);
}
