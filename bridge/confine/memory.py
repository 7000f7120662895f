"""Memory that the kernel keeps out of the swap space: mlock(2)."""

from __future__ import annotations

import resource
from collections.abc import Iterator

from bridge.confine import Locked, kernel

_CURRENT, _FUTURE, _ON_FAULT = 1, 2, 4
_FIRST = ("[heap]", "[stack]")
_CAP_IPC_LOCK = 1 << 14


def lock() -> Locked:
    """All of it, now and later, where there is no limit; else what can be written, heap and stack first.

    With a limit, memory that is asked for later is not locked: it would be refused once the limit is reached.
    """
    _, most = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (most, most))
    except (OSError, ValueError):
        return "none"
    if most == resource.RLIM_INFINITY or _may_lock_more():
        return "all" if kernel.mlockall(_CURRENT | _FUTURE | _ON_FAULT) else "none"
    room = most
    for _, size_bytes, start in sorted(_writable()):
        if size_bytes <= room and kernel.mlock(start, size_bytes):
            room -= size_bytes
    return "none" if room == most else "part"


def _writable() -> Iterator[tuple[int, int, int]]:
    """Rank, size and start of each mapping that is private, can be written and is of no file."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            where, rights, _, _, inode, *name = line.split(maxsplit=5)
            if not rights.startswith("rw-p") or inode != "0":
                continue
            start, end = (int(each, 16) for each in where.split("-"))
            kind = name[0].strip() if name else ""
            yield _FIRST.index(kind) if kind in _FIRST else len(_FIRST), end - start, start


def _may_lock_more() -> bool:
    """CAP_IPC_LOCK: capabilities(7)."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        effective = next((line.split()[1] for line in status if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) & _CAP_IPC_LOCK)
