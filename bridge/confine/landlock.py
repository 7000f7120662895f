"""Landlock, landlock(7): what this process, and all that it starts, may do with files and networks.

Each version of the kernel's interface knows more rights; those that a kernel does not know stay as they were.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from bridge.confine import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_WRITE = {1: _WRITE_FILE | _REMOVE_AND_MAKE, 2: _REFER, 3: _TRUNCATE}
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
"""The other rights are of folders."""
_NETWORK = 0b11  # bind and connect of TCP; version 4
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1  # version 6


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """Of the kernel's interface; 0 where there is none."""
    return max(0, kernel.syscall(_CREATE_RULESET, None, 0, _VERSION))


def restrict(
    *,
    writes: Iterable[Path],
    executes: Iterable[Path] | None = None,
    reads: Iterable[Path] | None = None,
    has_network: bool = False,
    is_visible: bool = False,
) -> int:
    """Restrict this thread and those that it starts, for good. The interface's version; 0: nothing is on.

    Args:
        writes: below these, files may be made, changed and removed; nowhere else.
        executes: these programs may be run, and no others; None leaves it as it is.
        reads: below these, files may be read; None leaves it as it is.
        has_network: TCP stays as it is.
        is_visible: abstract local sockets stay (X11).
    """
    known = version()
    if not known:
        return 0
    write = sum(right for since, right in _WRITE.items() if since <= known)
    read = _READ_FILE | _READ_DIR
    handled = write | (0 if executes is None else _EXECUTE) | (0 if reads is None else read)
    wanted = _Ruleset(
        files=handled,
        network=_NETWORK if known >= 4 and not has_network else 0,
        scoped=0 if known < 6 else _SIGNALS | (0 if is_visible else _ABSTRACT_SOCKETS),
    )
    ruleset = kernel.syscall(_CREATE_RULESET, wanted, ctypes.sizeof(wanted), 0)
    if ruleset < 0:
        return 0
    try:
        for right, paths in ((write, writes), (_EXECUTE, executes or ()), (read, reads or ())):
            for path in paths:
                _allow(ruleset, path, right & handled)
        return known if kernel.syscall(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """What is not there is not allowed either."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_FILES
        rule = _PathBeneath(allowed=rights, parent=handle)
        kernel.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(handle)
