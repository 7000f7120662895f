"""The numbers of the system calls that are filtered (asm/unistd_64.h, unistd_32.h, asm-generic/unistd.h)."""

from __future__ import annotations

import platform
import struct
from collections.abc import Mapping, Sequence

from bridge.core.record import Record

_SAME_EVERYWHERE = {  # all calls from 424 on have the same number on every machine
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
}  # fmt: skip

_X86_64 = {
    "ioctl": 16, "socket": 41, "clone": 56, "execve": 59, "ptrace": 101, "pivot_root": 155, "chroot": 161,
    "mount": 165, "umount2": 166, "init_module": 175, "delete_module": 176, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "seccomp": 317, "bpf": 321, "execveat": 322, "userfaultfd": 323,
}  # fmt: skip

_AARCH64 = {
    "ioctl": 29, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "unshare": 97, "kexec_load": 104,
    "init_module": 105, "delete_module": 106, "ptrace": 117, "socket": 198, "add_key": 217,
    "request_key": 218, "keyctl": 219, "clone": 220, "execve": 221, "perf_event_open": 241,
    "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "finit_module": 273, "seccomp": 277, "bpf": 280, "execveat": 281, "userfaultfd": 282,
}  # fmt: skip

_I386 = {
    "execve": 11, "mount": 21, "ptrace": 26, "umount2": 52, "ioctl": 54, "chroot": 61, "clone": 120,
    "init_module": 128, "delete_module": 129, "pivot_root": 217, "kexec_load": 283, "add_key": 286,
    "request_key": 287, "keyctl": 288, "unshare": 310, "perf_event_open": 336, "open_by_handle_at": 342,
    "setns": 346, "process_vm_readv": 347, "process_vm_writev": 348, "kcmp": 349, "finit_module": 350,
    "seccomp": 354, "bpf": 357, "execveat": 358, "socket": 359, "userfaultfd": 374,
}  # fmt: skip

_BY_CASE = ("ioctl", "socket", "clone", "clone3", "execve", "execveat", "seccomp")
"""Filtered by their arguments, by who asks, or needed here; all others of the tables are refused."""


class Machine(Record):
    """`audit` is AUDIT_ARCH_* (linux/audit.h); `has_x32`: a second kind of calls, from 0x40000000 on.

    On i386 sockets may also come from socketcall(2), whose arguments no filter can see: there Landlock alone
    keeps TCP away.
    """

    audit: int
    numbers: Mapping[str, int]
    has_x32: bool = False

    @property
    def refused(self) -> Sequence[str]:
        """What no child of ours needs, whatever it does."""
        return [name for name in self.numbers if name not in _BY_CASE]


MACHINES = {
    "x86_64": Machine(audit=0xC000003E, numbers=_X86_64 | _SAME_EVERYWHERE, has_x32=True),
    "aarch64": Machine(audit=0xC00000B7, numbers=_AARCH64 | _SAME_EVERYWHERE),
    "i386": Machine(audit=0x40000003, numbers=_I386 | _SAME_EVERYWHERE),
}


def machine() -> Sequence[Machine]:
    """Of this interpreter, and whatever else may follow it by exec; none where it is not known.

    A 32-bit interpreter on a 64-bit machine is followed by a 64-bit one, which resets the card.
    """
    name, bits = platform.machine(), 8 * struct.calcsize("P")
    if name in ("x86_64", "i686", "i586", "i386"):
        return [MACHINES["x86_64"]] if bits == 64 else [MACHINES["i386"], MACHINES["x86_64"]]
    return [MACHINES[name]] if bits == 64 and name in MACHINES else []
