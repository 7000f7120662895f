"""One TCP connection's HTTP: a request's head, and its answer: a refusal, or the upgrade to WebSocket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from bridge.core.messages import SUBPROTOCOL
from bridge.server.guard import Refusal
from bridge.server.head import BadHead, Head, read_head
from bridge.server.sockets import LimitedSocket
from bridge.server.websocket import WebSocket

_log = logging.getLogger(__name__)

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    426: "Upgrade Required",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Http(asyncio.Protocol):
    """Serves one request. What is sent behind a refused one is dropped.

    Args:
        handle: answers the request; ends when the connection is of no more use.
        start: runs a task that nobody waits for.
    """

    def __init__(
        self, handle: Callable[[Opening], Awaitable[None]], start: Callable[[Any], asyncio.Task[None]]
    ) -> None:
        self._handle, self._start = handle, start
        self._octets = b""
        self._opening: Opening | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._opening is not None:
            self._opening.data_received(data)
            return
        self._octets = (self._octets + data).lstrip(b"\r\n")  # RFC 9112, section 2.2
        head, end, rest = self._octets.partition(b"\r\n\r\n")
        if not end and not _is_bad(self._octets):
            return
        self._octets = b""
        self._opening = Opening(self._transport)
        try:
            self._opening.head = read_head(head)
        except BadHead:
            self._opening.refuse(Refusal(status=400, line="Bad request."))
            return
        limited_socket(self._transport).asked()
        self._opening.data_received(rest)
        self._start(self._surely(self._opening))

    async def _surely(self, opening: Opening) -> None:
        """What the peer sent is neither echoed nor logged."""
        try:
            await self._handle(opening)
        except ConnectionError:
            self._transport.abort()
        except Exception:
            _log.exception("a connection failed")
            opening.refuse(Refusal(status=500, line="Internal error."))

    def eof_received(self) -> None:
        return None

    def pause_writing(self) -> None:
        if self._opening is not None and self._opening.socket is not None:
            self._opening.socket.pause_writing()

    def resume_writing(self) -> None:
        if self._opening is not None and self._opening.socket is not None:
            self._opening.socket.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._opening is not None and self._opening.socket is not None:
            self._opening.socket.connection_lost()


class Opening:
    """An opening handshake (RFC 6455, section 4.2) that waits for its answer; `head` is what was asked."""

    head: Head

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.socket: WebSocket | None = None
        self._is_answered = False
        self._early = b""

    def data_received(self, data: bytes) -> None:
        if self.socket is not None:
            self.socket.data_received(data)
        elif not self._is_answered:
            self._early += data

    def refuse(self, refusal: Refusal) -> None:
        """Answer with `refusal`, and end the connection; after the upgrade, end it without a word."""
        if not self._is_answered:
            self.transport.write(_answer(refusal))
        self._is_answered = True
        self._early = b""
        self.transport.close()

    def upgrade(self, max_message_bytes: int) -> WebSocket:
        """Answer with 101: the subprotocol, and no extension.

        Raises:
            ConnectionError: the peer has gone.
        """
        limited = limited_socket(self.transport)
        if self.transport.is_closing():
            raise ConnectionResetError
        key = self.head.headers.get("Sec-WebSocket-Key", "").encode()
        accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
        self._is_answered = True
        self.transport.write(
            _head(
                "101 Switching Protocols",
                Upgrade="websocket",
                Connection="Upgrade",
                Sec_WebSocket_Accept=accept,
                Sec_WebSocket_Protocol=SUBPROTOCOL,
            )
        )
        self.socket = WebSocket(self.transport, max_message_bytes, limited.frames_received)
        return self.socket

    def begin(self) -> None:
        """Read what came behind the handshake."""
        early, self._early = self._early, b""
        if early and self.socket is not None:
            self.socket.data_received(early)


def _is_bad(octets: bytes) -> bool:
    """Whether the head can be given up before its end: it is not HTTP, and would be waited for in vain."""
    line, end, _ = octets.partition(b"\n")
    return bool(end) and not line.endswith(b"\r") or octets[:1] in (b"\x16", b"\0")


def limited_socket(transport: asyncio.BaseTransport) -> LimitedSocket:
    """The connection below HTTP."""
    return cast(LimitedSocket, cast(Any, transport).get_protocol())


def _answer(refusal: Refusal) -> bytes:
    body = f"{refusal.line}\n".encode()
    more = {"Allow": "GET"} if refusal.status == 405 else {}
    if refusal.status == 426:
        more = {"Upgrade": "websocket", "Sec_WebSocket_Version": "13"}
    connection = "Upgrade, close" if refusal.status == 426 else "close"
    return (
        _head(
            f"{refusal.status} {_REASONS[refusal.status]}",
            Content_Type="text/plain; charset=utf-8",
            Content_Length=str(len(body)),
            Connection=connection,
            **more,
        )
        + body
    )


def _head(status: str, **fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Server: cardbridge"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()
