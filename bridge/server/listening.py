"""Who listens on a port of this computer, as far as the system tells. Linux (proc(5)); elsewhere nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.server.program import programs_at

_PROC_NET = Path("/proc/net")
_LISTENS = "0A"
_LOCAL, _STATE, _INODE = 1, 3, 9
_EVERYWHERE = ("00000000", "0" * 32)
_LOOPBACK = ("0100007F", "0" * 24 + "01000000", "0000000000000000FFFF00000100007F")


def listeners(port: int) -> tuple[str, ...]:
    """The programs that listen on loopback's `port`; "" for one that belongs to another user.

    Empty where nobody listens, and on other systems than Linux.
    """
    if not sys.platform.startswith("linux"):
        return ()
    found: list[str] = []
    for inode in _inodes(port):
        paths = [program.path for program in programs_at(inode)]
        found += paths or [""]
    return tuple(sorted(set(found)))


def _inodes(port: int) -> list[int]:
    found = []
    for table in ("tcp", "tcp6"):
        try:
            rows = (_PROC_NET / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, rows):
            address, _, number = fields[_LOCAL].partition(":")
            is_ours = address in _EVERYWHERE or address in _LOOPBACK
            if fields[_STATE] == _LISTENS and int(number, 16) == port and is_ours:
                found.append(int(fields[_INODE]))
    return found
