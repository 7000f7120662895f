"""Windows: the system's table of TCP connections, read with Python's lock released.

psutil's net_connections asks for every socket, four times, and holds the lock meanwhile, so that the whole
daemon waits: 41 s under wine with 2,400 sockets on the machine, most of them in TIME_WAIT. Asking for the
connected ones alone took 0.03 s there.
"""

from __future__ import annotations

import ipaddress
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

IPV4, IPV6 = 2, 23
"""AF_INET and AF_INET6, as Windows counts them."""
_COUNT = 4
_ROWS = {IPV4: struct.Struct(">4x4sH2x4sH2x4s"), IPV6: struct.Struct(">16s4xH2x16s4xH2x4x4s")}
"""MIB_TCPROW_OWNER_PID and MIB_TCP6ROW_OWNER_PID (tcpmib.h); addresses and ports are big-endian."""


class Ends(NamedTuple):
    """One socket, with psutil's names."""

    laddr: tuple[str, int]
    raddr: tuple[str, int]
    pid: int


def parsed(table: bytes, family: int) -> Iterator[Ends]:
    """The rows of a MIB_TCPTABLE_OWNER_PID or MIB_TCP6TABLE_OWNER_PID.

    Raises:
        OSError: the table is shorter than it says.
    """
    row = _ROWS[family]
    count = int.from_bytes(table[:_COUNT], "little")
    if len(table) < _COUNT + count * row.size:
        raise OSError(f"the system's TCP table ends before its {count} rows do")
    for number in range(count):
        local, local_port, remote, remote_port, pid = row.unpack_from(table, _COUNT + number * row.size)
        yield Ends(
            (str(ipaddress.ip_address(local)), local_port),
            (str(ipaddress.ip_address(remote)), remote_port),
            int.from_bytes(pid, "little"),
        )


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _CONNECTED = 4  # TCP_TABLE_OWNER_PID_CONNECTIONS
    _TOO_SMALL = 122  # ERROR_INSUFFICIENT_BUFFER
    _FIRST_BYTES, _TRIES = 1 << 17, 5

    _ask = ctypes.WinDLL("iphlpapi").GetExtendedTcpTable
    _ask.restype = wintypes.DWORD
    _ask.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(wintypes.DWORD), wintypes.BOOL,
        wintypes.ULONG, ctypes.c_int, wintypes.ULONG,
    ]  # fmt: skip

    def connections(family: int) -> Iterator[Ends]:
        """The connected sockets of all programs. Raises: OSError."""
        size = wintypes.DWORD(_FIRST_BYTES)
        for _ in range(_TRIES):
            room = ctypes.create_string_buffer(size.value)
            code = _ask(room, ctypes.byref(size), False, family, _CONNECTED, 0)
            if code == 0:
                return parsed(room.raw, family)
            if code != _TOO_SMALL:
                break
            size.value *= 2  # others connect meanwhile
        raise OSError(f"GetExtendedTcpTable: {code}")

else:

    def connections(family: int) -> Iterator[Ends]:
        """As psutil has them, for tests."""
        import psutil

        for ends in psutil.net_connections(kind="tcp4" if family == IPV4 else "tcp6"):
            if ends.raddr:
                yield Ends(tuple(ends.laddr), tuple(ends.raddr), ends.pid or 0)
