"""A WebSocket on asyncio's transport; RFC 6455 itself is the `websockets` package's sans-I/O protocol."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import cast

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

SEND_TIMEOUT_S = 10.0
"""How long a peer may leave its frames untaken."""

CLOSE_TIMEOUT_S = 2.0
CLOSE_INVALID_DATA = 1007
_MOST_WAITING_BYTES = 65536
_EACH_BYTES = 1024
"""What each message or ping counts for among what waits, beside its length: it is worth a turn."""

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)

_log = logging.getLogger(__name__)
_silent = logging.getLogger("bridge.silent")
_silent.disabled = True

Message = str | bytes


class WebSocket:
    """The frames of one connection, from its opening handshake on. Pings are answered here.

    Args:
        max_message_bytes: the longest message that is taken; a longer one ends the connection with 1009.
        meter: measures what has come before it is read; False drops it.
    """

    def __init__(
        self, transport: asyncio.Transport, max_message_bytes: int, meter: Callable[[bytes], bool]
    ) -> None:
        self._transport = transport
        self._meter = meter
        self._protocol = Protocol(Side.SERVER, max_size=max_message_bytes, logger=_silent)
        self._messages: deque[Message | None] = deque()  # None: a ping, which has been answered
        self._waiting_bytes = 0
        self._is_reading = True
        self._parts: bytearray | None = None
        self._is_text = False
        self._receiver: asyncio.Future[None] | None = None
        self._senders: asyncio.Future[None] | None = None
        self._over = asyncio.Event()
        self._untaken: asyncio.TimerHandle | None = None

    @property
    def closed(self) -> bool:
        """Whether its closing has begun: no frame can be sent any more."""
        return self._protocol.state is not OPEN

    async def receive(self) -> Message | None:
        """The next text (str) or binary message; None at the end. For one task at a time."""
        while True:
            while not self._messages:
                if self.closed:
                    return None
                self._receiver = asyncio.get_running_loop().create_future()
                await self._receiver
            message = self._messages.popleft()
            self._waiting_bytes -= _weight(message)
            self._pace()
            if message is not None:
                return message
            await asyncio.sleep(0)  # others' turn

    async def send(self, text: bytes) -> None:
        """Send a text frame; waits while the peer leaves too much untaken.

        Raises:
            ConnectionError: it is closing, or has gone.
        """
        if self.closed:
            raise ConnectionResetError
        self._protocol.send_text(text)
        self._flush()
        if self._senders is not None:
            await asyncio.shield(self._senders)

    async def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake (RFC 6455, section 7.1.2), and end the connection when the peer has
        answered, or has not within `CLOSE_TIMEOUT_S`."""
        if not self.closed:
            self._protocol.send_close(code, reason)
            self._flush()
            self._wake()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._over.wait()
        except TimeoutError:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """What came from the peer."""
        if not self._meter(data) or self._over.is_set():
            return
        is_wanted = not self.closed
        self._protocol.receive_data(data)
        for frame in cast(list[Frame], self._protocol.events_received()) if is_wanted else ():
            if self._over.is_set():
                break
            if frame.opcode in _DATA:
                self._take(frame)
            elif frame.opcode is Opcode.PING:
                self._append(None)
        self._flush()
        self._pace()
        self._wake()

    def _take(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        content: bytes = cast(bytes, frame.data)
        if not frame.fin or self._parts is not None:
            self._parts = bytearray() if self._parts is None else self._parts
            self._parts += frame.data
            if not frame.fin:
                return
            content, self._parts = bytes(self._parts), None
        try:
            message: Message = bytes(content).decode() if self._is_text else content
        except UnicodeDecodeError:
            self._protocol.fail(CLOSE_INVALID_DATA, "not UTF-8")
            self._flush()
            return
        self._append(message)

    def _append(self, message: Message | None) -> None:
        self._messages.append(message)
        self._waiting_bytes += _weight(message)

    def _pace(self) -> None:
        """Read no more than is taken: TCP itself holds back who sends too fast."""
        is_reading = self._waiting_bytes <= _MOST_WAITING_BYTES and self._senders is None
        if is_reading != self._is_reading and not self._transport.is_closing():
            self._is_reading = is_reading
            if is_reading:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:  # both sides have said that it is over, or the peer has broken a rule
                self._over.set()
                self._transport.close()

    def _wake(self) -> None:
        if self._receiver is not None and not self._receiver.done() and (self._messages or self.closed):
            self._receiver.set_result(None)

    def pause_writing(self) -> None:
        """The peer takes too little: nothing is read from it either, and not for long."""
        loop = asyncio.get_running_loop()
        self._senders = loop.create_future()
        self._untaken = loop.call_later(SEND_TIMEOUT_S, self._give_up)
        self._pace()

    def _give_up(self) -> None:
        _log.info("a connection does not take its frames")
        self._transport.abort()

    def resume_writing(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
        if self._senders is not None and not self._senders.done():
            self._senders.set_result(None)
        self._senders = None
        self._pace()

    def connection_lost(self) -> None:
        """The TCP connection has ended."""
        self._over.set()
        self._protocol.receive_eof()
        self.resume_writing()
        self._wake()


def _weight(message: Message | None) -> int:
    return _EACH_BYTES + (0 if message is None else len(message))
