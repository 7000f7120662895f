"""The calls into the kernel. Linux only; ctypes is loaded with this file."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

_PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_NO_NEW_PRIVS = 4, 15, 38

_libc = ctypes.CDLL(None, use_errno=True)


def not_dumpable() -> bool:
    """PR_SET_DUMPABLE, prctl(2); an exec takes it back."""
    return _prctl(_PR_SET_DUMPABLE, 0)


def no_new_privileges() -> bool:
    """PR_SET_NO_NEW_PRIVS, prctl(2); it stays, also after an exec."""
    return _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def set_name(name: str) -> bool:
    """PR_SET_NAME, prctl(2): what stands in /proc/PID/comm, 15 bytes at most."""
    return bool(_libc.prctl(_PR_SET_NAME, name.encode(), *map(ctypes.c_ulong, (0, 0, 0))) == 0)


def _prctl(option: int, value: int) -> bool:
    return bool(_libc.prctl(option, ctypes.c_ulong(value), *map(ctypes.c_ulong, (0, 0, 0))) == 0)


def syscall(number: int, *arguments: int | bytes | ctypes.Structure | None) -> int:
    """syscall(2); -1 where the kernel refuses it or does not know it."""
    return int(_libc.syscall(ctypes.c_long(number), *map(_argument, arguments)))


def _argument(value: int | bytes | ctypes.Structure | None) -> object:
    if isinstance(value, ctypes.Structure):
        return ctypes.byref(value)
    return ctypes.c_ulong(value) if isinstance(value, int) else value


def mlock(start: int, size_bytes: int) -> bool:
    """Lock these pages, mlock(2)."""
    return bool(_libc.mlock(ctypes.c_void_p(start), ctypes.c_size_t(size_bytes)) == 0)


def mlockall(flags: int) -> bool:
    """Lock all pages, mlockall(2)."""
    return bool(_libc.mlockall(flags) == 0)


_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux.so.2")


def loaders() -> Iterator[Path]:
    """The dynamic loaders, which exec has to run as well: this process's, and other architectures'."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        names = {line.split(maxsplit=5)[5].strip() for line in maps if line.count("/")}
    yield from map(Path, _LOADERS)
    yield from (Path(name) for name in sorted(names) if os.path.basename(name).startswith(("ld-", "ld.")))
