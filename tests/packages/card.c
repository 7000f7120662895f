/* A PKCS#11 module (v2.40) that is its own IC card: one certificate, one RSA key of 2048 bits, one PIN.
 *
 * For Windows' side of the driver's path, where no card is at hand; the key and the certificate are made for each
 * test and stand in card_data.h. It knows what a daemon needs of a driver and nothing else, and it is no place for
 * a key that matters.
 */
#include <stdint.h>
#include <string.h>

#include "card_data.h"

#ifdef _WIN32
#pragma pack(push, 1)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif

typedef unsigned long ulong;
typedef unsigned char byte;
typedef struct { byte major, minor; } version;
typedef struct { ulong type; void *value; ulong length; } attribute;
typedef struct { ulong mechanism; void *parameter; ulong length; } mechanism;
typedef struct { version cryptoki; byte manufacturer[32]; ulong flags; byte description[32]; version library; } info;
typedef struct { byte description[64], manufacturer[32]; ulong flags; version hardware, firmware; } slot_info;
typedef struct {
    byte label[32], manufacturer[32], model[16], serial[16];
    ulong flags, max_sessions, sessions, max_rw, rw, max_pin, min_pin, total_public, free_public, total_private, free_private;
    version hardware, firmware;
    byte time[16];
} token_info;
typedef struct { ulong least, most, flags; } mechanism_info;
typedef struct { ulong slot, state, flags, error; } session_info;
typedef struct { version cryptoki; void *functions[68]; } list;

#ifdef _WIN32
#pragma pack(pop)
#endif

enum { OK = 0, FAILED = 6, BAD_ARGUMENTS = 7, TYPE_INVALID = 0x12, NOT_SUPPORTED = 0x54, BAD_MECHANISM = 0x70,
       PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, ALREADY = 0x100, NOT_LOGGED_IN = 0x101, TOO_SMALL = 0x150 };
enum { CERTIFICATE = 1, PRIVATE_KEY = 2 };
enum { CLASS = 0, TOKEN = 1, PRIVATE = 2, LABEL = 3, VALUE = 0x11, CERTIFICATE_TYPE = 0x80, KEY_TYPE = 0x100,
       ID = 0x102, SIGN = 0x108, MODULUS = 0x120, MODULUS_BITS = 0x121, ALWAYS_AUTHENTICATE = 0x202 };
enum { RSA_PKCS = 1, LIMBS = 64, BYTES = 256, TRIES = 3 };

static int logged_in, tries = TRIES;
static ulong found[2], found_count, found_next;

/* x·y·2^-2048 mod n, Montgomery's product. */
static void product(uint32_t *out, const uint32_t *x, const uint32_t *y) {
    uint64_t t[LIMBS + 2] = {0};
    uint32_t inverse = 1;
    for (int i = 0; i < 5; i++) inverse *= 2 - MODULUS_LIMBS[0] * inverse;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            uint64_t sum = t[j] + (uint64_t) x[j] * y[i] + carry;
            t[j] = (uint32_t) sum; carry = sum >> 32;
        }
        uint64_t sum = t[LIMBS] + carry;
        t[LIMBS] = (uint32_t) sum; t[LIMBS + 1] += sum >> 32;
        uint32_t factor = (uint32_t) t[0] * (0 - inverse);
        carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            sum = t[j] + (uint64_t) factor * MODULUS_LIMBS[j] + carry;
            t[j] = (uint32_t) sum; carry = sum >> 32;
        }
        sum = t[LIMBS] + carry;
        t[LIMBS] = (uint32_t) sum; t[LIMBS + 1] += sum >> 32;
        for (int j = 0; j <= LIMBS; j++) t[j] = t[j + 1];
        t[LIMBS + 1] = 0;
    }
    uint32_t reduced[LIMBS];
    int64_t borrow = 0;
    for (int j = 0; j < LIMBS; j++) {
        int64_t difference = (int64_t) t[j] - MODULUS_LIMBS[j] + borrow;
        reduced[j] = (uint32_t) difference; borrow = difference >> 32;
    }
    int is_larger = t[LIMBS] || borrow == 0;
    for (int j = 0; j < LIMBS; j++) out[j] = is_larger ? reduced[j] : (uint32_t) t[j];
}

/* The private key's operation on BYTES bytes, in place (RFC 8017, RSASP1). */
static void sign(byte *block) {
    uint32_t base[LIMBS], power[LIMBS], one[LIMBS] = {1};
    for (int i = 0; i < LIMBS; i++) {
        const byte *at = block + BYTES - 4 * (i + 1);
        base[i] = (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3];
    }
    product(base, base, R_SQUARED);
    product(power, one, R_SQUARED);
    for (int bit = 32 * LIMBS - 1; bit >= 0; bit--) {
        product(power, power, power);
        if (EXPONENT[bit / 32] >> (bit % 32) & 1) product(power, power, base);
    }
    product(power, power, one);
    for (int i = 0; i < LIMBS; i++)
        for (int j = 0; j < 4; j++) block[BYTES - 1 - 4 * i - j] = (byte) (power[i] >> (8 * j));
}

static void padded(byte *to, size_t length, const char *text) {
    memset(to, ' ', length);
    memcpy(to, text, strlen(text));
}

static ulong initialize(void *arguments) { (void) arguments; return OK; }
static ulong finalize(void *reserved) { (void) reserved; logged_in = 0; return OK; }

static ulong get_info(info *out) {
    memset(out, 0, sizeof *out);
    out->cryptoki.major = 2; out->cryptoki.minor = 40;
    padded(out->manufacturer, 32, "cardbridge"); padded(out->description, 32, "test card");
    return OK;
}

static ulong slots(byte present, ulong *slot, ulong *count) {
    (void) present;
    if (slot && *count) *slot = 0;
    *count = 1;
    return OK;
}

static ulong get_slot(ulong slot, slot_info *out) {
    (void) slot;
    memset(out, 0, sizeof *out);
    padded(out->description, 64, "Test reader 00 00"); padded(out->manufacturer, 32, "cardbridge");
    out->flags = 1 | 4; /* token present, hardware */
    return OK;
}

static ulong get_token(ulong slot, token_info *out) {
    (void) slot;
    memset(out, 0, sizeof *out);
    padded(out->label, 32, "Test card"); padded(out->manufacturer, 32, "cardbridge");
    padded(out->model, 16, "Test"); padded(out->serial, 16, "0001");
    memset(out->time, '0', 16);
    out->flags = 0x404 | 8; /* login required, initialized, user PIN initialized */
    if (tries == 1) out->flags |= 0x20000;
    if (tries == 0) out->flags |= 0x40000;
    out->min_pin = 4; out->max_pin = 16;
    return OK;
}

static ulong mechanisms(ulong slot, ulong *out, ulong *count) {
    (void) slot;
    if (out && *count) *out = RSA_PKCS;
    *count = 1;
    return OK;
}

static ulong get_mechanism(ulong slot, ulong type, mechanism_info *out) {
    (void) slot;
    if (type != RSA_PKCS) return BAD_MECHANISM;
    out->least = out->most = 2048; out->flags = 0x801; /* hardware, sign */
    return OK;
}

static ulong open_session(ulong slot, ulong flags, void *application, void *notify, ulong *out) {
    (void) slot; (void) flags; (void) application; (void) notify;
    static ulong last;
    *out = ++last;
    return OK;
}

static ulong close_session(ulong session) { (void) session; return OK; }
static ulong close_all(ulong slot) { (void) slot; logged_in = 0; return OK; }

static ulong get_session(ulong session, session_info *out) {
    (void) session;
    out->slot = 0; out->state = logged_in ? 3 : 2; out->flags = 6; out->error = 0;
    return OK;
}

static ulong login(ulong session, ulong user, byte *pin, ulong length) {
    (void) session; (void) user;
    if (tries == 0) return PIN_LOCKED;
    if (logged_in) return ALREADY;
    if (length != sizeof PIN - 1 || memcmp(pin, PIN, length)) return --tries ? PIN_INCORRECT : PIN_LOCKED;
    tries = TRIES; logged_in = 1;
    return OK;
}

static ulong logout(ulong session) { (void) session; logged_in = 0; return OK; }

static ulong find_begin(ulong session, attribute *wanted, ulong count) {
    (void) session;
    found_count = found_next = 0;
    for (ulong object = CERTIFICATE; object <= PRIVATE_KEY; object++) {
        int fits = object == CERTIFICATE || logged_in;
        for (ulong i = 0; i < count; i++) {
            ulong class = object == CERTIFICATE ? 1 : 3;
            if (wanted[i].type == CLASS && memcmp(wanted[i].value, &class, sizeof class)) fits = 0;
            if (wanted[i].type == ID && (wanted[i].length != 1 || *(byte *) wanted[i].value != 1)) fits = 0;
        }
        if (fits) found[found_count++] = object;
    }
    return OK;
}

static ulong find(ulong session, ulong *out, ulong most, ulong *count) {
    (void) session;
    for (*count = 0; *count < most && found_next < found_count; ++*count) out[*count] = found[found_next++];
    return OK;
}

static ulong find_end(ulong session) { (void) session; return OK; }

static ulong give(attribute *to, const void *value, ulong length) {
    if (to->value && to->length < length) { to->length = (ulong) -1; return TOO_SMALL; }
    if (to->value) memcpy(to->value, value, length);
    to->length = length;
    return OK;
}

static ulong get_one(ulong object, attribute *to) {
    static const byte id = 1, yes = 1, no = 0;
    const ulong zero = 0, class = object == CERTIFICATE ? 1 : 3, bits = 2048;
    switch (to->type) {
    case CLASS: return give(to, &class, sizeof class);
    case TOKEN: return give(to, &yes, 1);
    case PRIVATE: return give(to, object == CERTIFICATE ? &no : &yes, 1);
    case LABEL: return give(to, "Test", 4);
    case ID: return give(to, &id, 1);
    }
    if (object == CERTIFICATE && to->type == VALUE) return give(to, CERTIFICATE_DER, sizeof CERTIFICATE_DER);
    if (object == CERTIFICATE && to->type == CERTIFICATE_TYPE) return give(to, &zero, sizeof zero);
    if (object == PRIVATE_KEY) switch (to->type) {
    case KEY_TYPE: return give(to, &zero, sizeof zero);
    case SIGN: return give(to, &yes, 1);
    case ALWAYS_AUTHENTICATE: return give(to, &no, 1);
    case MODULUS: return give(to, MODULUS_BYTES, BYTES);
    case MODULUS_BITS: return give(to, &bits, sizeof bits);
    }
    to->length = (ulong) -1;
    return TYPE_INVALID;
}

static ulong get_attributes(ulong session, ulong object, attribute *wanted, ulong count) {
    (void) session;
    ulong worst = OK;
    for (ulong i = 0; i < count; i++) {
        ulong result = get_one(object, &wanted[i]);
        if (result != OK) worst = result;
    }
    return worst;
}

static ulong sign_begin(ulong session, mechanism *how, ulong key) {
    (void) session;
    if (!logged_in) return NOT_LOGGED_IN;
    return how->mechanism == RSA_PKCS && key == PRIVATE_KEY ? OK : BAD_MECHANISM;
}

static ulong do_sign(ulong session, byte *data, ulong length, byte *out, ulong *out_length) {
    (void) session;
    if (length > BYTES - 11) return BAD_ARGUMENTS;
    if (out && *out_length < BYTES) return TOO_SMALL;
    *out_length = BYTES;
    if (!out) return OK;
    memset(out, 0xFF, BYTES);
    out[0] = 0; out[1] = 1; out[BYTES - length - 1] = 0;
    memcpy(out + BYTES - length, data, length);
    sign(out);
    return OK;
}

static ulong unsupported(void) { return NOT_SUPPORTED; }

static list functions;

/* The places of PKCS#11 v2.40, section 4.1. */
EXPORT ulong C_GetFunctionList(list **out) {
    functions.cryptoki.major = 2; functions.cryptoki.minor = 40;
    for (int i = 0; i < 68; i++) functions.functions[i] = (void *) unsupported;
    void **at = functions.functions;
    at[0] = (void *) initialize; at[1] = (void *) finalize; at[2] = (void *) get_info;
    at[3] = (void *) C_GetFunctionList; at[4] = (void *) slots; at[5] = (void *) get_slot;
    at[6] = (void *) get_token; at[7] = (void *) mechanisms; at[8] = (void *) get_mechanism;
    at[12] = (void *) open_session; at[13] = (void *) close_session; at[14] = (void *) close_all;
    at[15] = (void *) get_session; at[18] = (void *) login; at[19] = (void *) logout;
    at[24] = (void *) get_attributes; at[26] = (void *) find_begin; at[27] = (void *) find;
    at[28] = (void *) find_end; at[42] = (void *) sign_begin; at[43] = (void *) do_sign;
    *out = &functions;
    return OK;
}
