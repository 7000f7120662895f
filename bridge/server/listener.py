"""Listening sockets on loopback, at the first port of the range that is free on every address."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

_ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 128


class NoFreePort(OSError):
    """Every port of the range is taken."""


def listen(first_port: int, last_port: int) -> tuple[int, list[socket.socket]]:
    """The port, and a listening socket for 127.0.0.1 and, where the machine has it, ::1.

    Raises:
        NoFreePort: none of the ports is free on both addresses.
    """
    families = list(_available())
    for port in range(first_port, last_port + 1):
        with ExitStack() as opened:
            try:
                sockets = [opened.enter_context(_bound(family, host, port)) for family, host in families]
            except OSError:
                continue
            opened.pop_all()
            return port, sockets
    raise NoFreePort(f"no free port from {first_port} to {last_port}")


def _available() -> Iterator[tuple[int, str]]:
    for family, host in _ADDRESSES:
        try:
            _bound(family, host, 0).close()
        except OSError:
            continue
        yield family, host


def _bound(family: int, host: str, port: int) -> socket.socket:
    created = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            created.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            created.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Only lets a new daemon follow one that has just ended; a listening port stays taken.
            created.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        created.bind((host, port))
        created.listen(BACKLOG)
    except OSError:
        created.close()
        raise
    created.setblocking(False)
    return created
