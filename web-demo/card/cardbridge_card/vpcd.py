"""The card's side of vsmartcard's vpcd: a TCP connection is a card in the reader.

Two octets of big-endian length, then the message; messages of one octet are control codes
(vsmartcard's manual, "Virtual Smart Card Reader": protocol between vpcd and vicc).
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import IntEnum

from . import apdu
from .faults import Faults
from .piv import ATR, GENERAL_AUTHENTICATE, PivCard

DEFAULT_PORT = 35963

_RETRY_MIN_S, _RETRY_MAX_S = 0.1, 1.0
_log = logging.getLogger(__name__)


class _Control(IntEnum):
    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


class _WithdrawnError(ConnectionError):
    """The card left the reader before it answered."""


class VirtualReader:
    """One slot of a vpcd reader, and what is put into it.

    `before_response` is called with the card after each command and before the answer leaves, so
    that a counter is on the disk before anybody can act on it.
    """

    def __init__(
        self, port: int, before_response: Callable[[PivCard], None], host: str = "127.0.0.1"
    ) -> None:
        self.port = port
        self.faults = Faults()
        self.signatures = 0
        self._address = (host, port)
        self._before_response = before_response
        self._card: PivCard | None = None
        self._connection: socket.socket | None = None
        self._inserted = asyncio.Event()
        self._withdrawn = asyncio.Event()

    @property
    def card(self) -> PivCard | None:
        """What is in the reader."""
        return self._card

    @property
    def connected(self) -> bool:
        """pcscd's vpcd has taken the card."""
        return self._connection is not None

    def insert(self, card: PivCard) -> None:
        """The card goes in, powered off."""
        card.reset()
        self._card = card
        self._withdrawn.clear()
        self._inserted.set()

    def remove(self) -> PivCard | None:
        """The card comes out, at once, whatever it was doing."""
        card, self._card = self._card, None
        self._inserted.clear()
        self._withdrawn.set()
        if self._connection is not None:
            with suppress(OSError):  # vpcd may have closed it first
                self._connection.shutdown(socket.SHUT_RDWR)
        return card

    async def run(self) -> None:
        """Serves until cancelled; waits for pcscd, and for its return, as long as it takes."""
        retry_s = _RETRY_MIN_S
        while True:
            await self._inserted.wait()
            if await self._present():
                retry_s = _RETRY_MIN_S
            await self._withdrawn_within(retry_s)
            retry_s = min(retry_s * 2, _RETRY_MAX_S)

    async def _present(self) -> bool:
        """One connection from beginning to end; whether there was one."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.setblocking(False)
            # vpcd writes length and message apart: with Nagle's algorithm and delayed
            # acknowledgements every APDU would cost 44 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(connection, self._address)
            except OSError:
                return False
            self._connection = connection
            try:
                await self._serve(connection)
            except OSError:
                _log.info("port %d: card out of the reader, or pcscd gone", self.port)
            finally:
                self._connection = None
        return True

    async def _serve(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        card = self._card
        while card is not None:
            size_bytes = int.from_bytes(await _receive(connection, 2), "big")
            message = await _receive(connection, size_bytes)
            if self._card is not card:  # it came out while the command came in
                raise _WithdrawnError
            answer = await self._answer(card, message)
            if answer is not None:
                await loop.sock_sendall(connection, len(answer).to_bytes(2, "big") + answer)

    async def _answer(self, card: PivCard, message: bytes) -> bytes | None:
        if len(message) > 1:
            return await self._transmit(card, message)
        if message == bytes([_Control.GET_ATR]):
            return ATR
        card.reset()
        return None

    async def _transmit(self, card: PivCard, command: bytes) -> bytes:
        if command[0] & apdu.CHAINING:
            return card.transmit(command)
        self.faults, status_word = self.faults.failure(command[1])
        if status_word is not None:
            card.interrupt()
            return apdu.respond(b"", status_word)
        signing = command[1] == GENERAL_AUTHENTICATE
        if signing:
            await self._take_time()
        response = card.transmit(command)
        self._before_response(card)
        if signing and len(response) > 2:
            self.signatures += 1
            self.faults, response = self.faults.spoil(response)
        return response

    async def _take_time(self) -> None:
        if await self._withdrawn_within(self.faults.slow_ms / 1000):
            raise _WithdrawnError
        if self.faults.eject_during_signature:
            self.faults = replace(self.faults, eject_during_signature=False)
            self.remove()
            raise _WithdrawnError

    async def _withdrawn_within(self, timeout_s: float) -> bool:
        # Not wait_for: before Python 3.12 it swallows a cancellation that comes with the event.
        try:
            async with asyncio.timeout(timeout_s):
                await self._withdrawn.wait()
        except TimeoutError:
            return False
        return True


async def _receive(connection: socket.socket, size_bytes: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < size_bytes:
        _acknowledge_at_once(connection)
        part = await loop.sock_recv(connection, size_bytes - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def _acknowledge_at_once(connection: socket.socket) -> None:
    # Linux forgets TCP_QUICKACK by itself (tcp(7)), so it is set before every receive.
    quickack = getattr(socket, "TCP_QUICKACK", None)
    if quickack is not None:
        connection.setsockopt(socket.IPPROTO_TCP, quickack, 1)
