"""Whether this user holds the other end of a loopback TCP connection.

Linux has it in /proc/net/tcp and /proc/net/tcp6 (proc(5)); Windows and macOS: `bridge.server.processes`. On
any other system `is_own` raises, and the server refuses the connection rather than trusting it unseen.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.server.processes import Address, own_holders

_SYSTEM = sys.platform
_BY_PROCESSES = ("win32", "darwin")
_PROC_NET = Path("/proc/net")
_UID, _INODE = 7, 9
_TRIES = 3


def is_own(peer: Address, own: Address) -> bool:
    """Whether the process at `peer`, connected to us at `own`, runs as our own user.

    Raises:
        NotImplementedError: another system than Linux, Windows and macOS.
        ImportError, OSError: the system's tables cannot be read.
    """
    if _SYSTEM in _BY_PROCESSES:
        return bool(own_holders(peer, own, _SYSTEM))
    return owner_of(peer, own) == os.getuid()


def is_quick() -> bool:
    """Whether `is_own` takes no longer than the event loop can wait: about a millisecond."""
    return _SYSTEM not in _BY_PROCESSES


def owner_of(peer: Address, own: Address) -> int | None:
    """The user id that holds the socket at `peer`; None where no process holds it (any more). Linux only.

    Raises:
        NotImplementedError, OSError
    """
    row = _held(peer, own)
    return int(row[_UID]) if row else None


def inode_of(peer: Address, own: Address) -> int | None:
    """The inode number of that socket; None where no process holds it (any more). Linux only.

    Raises:
        NotImplementedError, OSError
    """
    row = _held(peer, own)
    return int(row[_INODE]) if row else None


def _held(peer: Address, own: Address) -> list[str] | None:
    """The socket's row of the kernel's table; None where no process holds it (any more)."""
    if _SYSTEM != "linux":
        raise NotImplementedError(f"the socket owner's check is not implemented on {_SYSTEM}")
    # The kernel prints the table in pieces, so that a row may be missed while others come and go.
    for table, local, remote in list(_keys(peer, own)) * _TRIES:
        row = _row(_PROC_NET / table, f" {local} {remote} ")
        if row is not None:
            return row if row[_INODE] != "0" else None
    return None


def _row(table: Path, ends: str) -> list[str] | None:
    with table.open(encoding="ascii") as rows:
        return next((row.split() for row in rows if ends in row), None)


def _keys(peer: Address, own: Address) -> Iterator[tuple[str, str, str]]:
    """Table, local and remote end of the peer's own row."""
    if ":" not in peer[0]:
        yield "tcp", _end(peer), _end(own)
        # A program may reach 127.0.0.1 from an IPv6 socket; its row then has ::ffff:127.0.0.1.
        peer, own = (f"::ffff:{peer[0]}", peer[1]), (f"::ffff:{own[0]}", own[1])
    if (_PROC_NET / "tcp6").exists():
        yield "tcp6", _end(peer), _end(own)


def _end(address: Address) -> str:
    """32-bit words in the machine's own byte order, as the kernel prints them, and the port."""
    packed = ipaddress.ip_address(address[0]).packed
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{address[1]:04X}"
