/* A reader's driver for pcscd that forwards to vpcd's, and can fall silent, as with a loose plug.
 *
 * It stands in the place of vpcd's library, which lies beside it as "<this library>.vpcd". While the file
 * "<this library>.silent" is there, the reader answers nothing (the functions are those of pcsc-lite's
 * ifdhandler.h, version 3.0).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

typedef unsigned long dword;
typedef long code;

enum { COMMUNICATION_ERROR = 612 };

/* SCARD_IO_HEADER; goes by value. */
struct header { dword protocol, length; };

static const char *beside(const char *extension) {
    static char path[4096];
    Dl_info self;
    dladdr((void *) beside, &self);
    snprintf(path, sizeof path, "%s%s", self.dli_fname, extension);
    return path;
}

static void *vpcd(const char *name) {
    static void *library;
    if (!library) library = dlopen(beside(".vpcd"), RTLD_NOW | RTLD_LOCAL);
    return dlsym(library, name);
}

static int silent(void) {
    return access(beside(".silent"), F_OK) == 0;
}

#define FORWARD(name, types, ...) ((code (*) types) vpcd(name))(__VA_ARGS__)

code IFDHCreateChannelByName(dword lun, char *device) {
    return FORWARD("IFDHCreateChannelByName", (dword, char *), lun, device);
}

code IFDHCreateChannel(dword lun, dword channel) {
    return FORWARD("IFDHCreateChannel", (dword, dword), lun, channel);
}

code IFDHCloseChannel(dword lun) {
    return FORWARD("IFDHCloseChannel", (dword), lun);
}

code IFDHGetCapabilities(dword lun, dword tag, dword *length, void *value) {
    return FORWARD("IFDHGetCapabilities", (dword, dword, dword *, void *), lun, tag, length, value);
}

code IFDHSetCapabilities(dword lun, dword tag, dword length, void *value) {
    return FORWARD("IFDHSetCapabilities", (dword, dword, dword, void *), lun, tag, length, value);
}

code IFDHSetProtocolParameters(dword lun, dword protocol, unsigned char flags, unsigned char pts1,
                               unsigned char pts2, unsigned char pts3) {
    return FORWARD("IFDHSetProtocolParameters",
                   (dword, dword, unsigned char, unsigned char, unsigned char, unsigned char), lun, protocol,
                   flags, pts1, pts2, pts3);
}

code IFDHPowerICC(dword lun, dword action, void *atr, dword *length) {
    if (silent()) return COMMUNICATION_ERROR;
    return FORWARD("IFDHPowerICC", (dword, dword, void *, dword *), lun, action, atr, length);
}

code IFDHTransmitToICC(dword lun, struct header sent, void *command, dword size, void *response, dword *length,
                       struct header *received) {
    if (silent()) return COMMUNICATION_ERROR;
    return FORWARD("IFDHTransmitToICC",
                   (dword, struct header, void *, dword, void *, dword *, struct header *), lun, sent, command,
                   size, response, length, received);
}

code IFDHControl(dword lun, dword control, void *sent, dword size, void *received, dword limit, dword *length) {
    return FORWARD("IFDHControl", (dword, dword, void *, dword, void *, dword, dword *), lun, control, sent, size,
                   received, limit, length);
}

code IFDHICCPresence(dword lun) {
    if (silent()) return COMMUNICATION_ERROR;
    return FORWARD("IFDHICCPresence", (dword), lun);
}
