"""Listening sockets on loopback, at the first port of the range that is free on every address."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

_ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
BACKLOG = 128


class NoFreePort(OSError):
    """Every port of the range is taken."""


class Listener:
    """Accepts connections on the port's sockets.

    Args:
        protocol: makes the protocol of each.
    """

    def __init__(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = protocol
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Server] = []
        self.is_handed_on = False

    async def start(self, first_port: int, last_port: int, handed_on: Sequence[int] = ()) -> int:
        """Listen; the port.

        Args:
            handed_on: what `hand_on` has given before this process became what it is (`bridge.handover`).

        Raises:
            NoFreePort
        """
        there = adopted(handed_on, first_port, last_port) if handed_on else None
        self.is_handed_on = there is not None
        port, self._sockets = there or listen(first_port, last_port)
        await self._accept()
        return port

    async def _accept(self) -> None:
        """By a copy of each socket: while the copy is closed, who connects waits at the socket.

        On Windows, where no socket is handed on, by itself.
        """
        loop = asyncio.get_running_loop()
        for each in self._sockets:
            copy = each if sys.platform == "win32" else each.dup()
            self._accepting.append(await loop.create_server(self._protocol, sock=copy))

    def pause(self) -> None:
        """Accept nobody for a moment. Who has been accepted just now gets its protocol a few turns later."""
        loop = asyncio.get_running_loop()
        for each in self._accepting:
            for accepting in each.sockets:
                loop.remove_reader(accepting.fileno())

    async def resume(self) -> None:
        """Accept again, after `pause`."""
        self._end_accepting()
        await self._accept()

    def hand_on(self) -> tuple[int, ...]:
        """The sockets' descriptors, which `close` leaves open from now on."""
        sockets, self._sockets = self._sockets, []
        return tuple(each.detach() for each in sockets)

    def close(self) -> None:
        self._end_accepting()
        for each in self._sockets:
            each.close()

    def _end_accepting(self) -> None:
        for each in self._accepting:
            each.close()
        self._accepting.clear()


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


def adopted(
    descriptors: Sequence[int], first_port: int, last_port: int
) -> tuple[int, list[socket.socket]] | None:
    """The same of sockets that this process listened on before it became what it is (`bridge.handover`).

    None, and all of them closed, where one listens on anything else than `listen` would have given.
    """
    with ExitStack() as opened:
        sockets = []
        for descriptor in descriptors:
            try:
                sockets.append(opened.enter_context(socket.socket(fileno=descriptor)))
            except OSError:
                return None
        ports = {each.getsockname()[1] for each in sockets if _is_listening(each)}
        families = [each.family for each in sockets]
        if (
            len(ports) != 1
            or not first_port <= min(ports) <= last_port
            or not all(map(_is_listening, sockets))
        ):
            return None
        if families[0] != socket.AF_INET or len(set(families)) != len(families):
            return None
        opened.pop_all()
    for each in sockets:
        each.set_inheritable(False)
        each.setblocking(False)
    return ports.pop(), sockets


def _is_listening(opened: socket.socket) -> bool:
    """On loopback, by TCP."""
    if opened.type != socket.SOCK_STREAM or opened.family not in dict(_ADDRESSES):
        return False
    accepts = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return bool(accepts) and opened.getsockname()[0] == dict(_ADDRESSES)[opened.family]


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
