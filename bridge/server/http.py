"""aiohttp's HTTP protocol with this server's answers, and with the meter before its WebSocket reader."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from bridge.server.guard import Refusal
from bridge.server.sockets import LimitedSocket

if TYPE_CHECKING:
    from aiohttp.http_websocket import WebSocketReader

_log = logging.getLogger(__name__)

MAX_HEADERS = 64
MAX_FIELD_BYTES = 32768
MAX_LINE_BYTES = 1024


class Http(web.Server):
    """Makes the protocol of each connection."""

    def __call__(self) -> web.RequestHandler:
        return _Http(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # what web.run_app passes too: none is kept
            max_headers=MAX_HEADERS,
            max_field_size=MAX_FIELD_BYTES,
            max_line_size=MAX_LINE_BYTES,
            lingering_time=0,
        )


class _Http(web.RequestHandler):
    def set_parser(self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None) -> None:
        metered = cast("WebSocketReader", _MeteredReader(parser, limited_socket(self.transport)))
        super().set_parser(metered, data_received_cb)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What the peer sent is neither echoed nor logged."""
        if isinstance(exc, ConnectionError):
            raise exc
        if status >= 500:
            _log.error("a connection failed", exc_info=exc)
        drop_tracebacks(exc)
        if request.writer.output_size > 0:
            raise ConnectionError("A response has been sent already.")
        if status >= 500:
            return refused(Refusal(status=status, line="Internal error."))
        return refused(Refusal(status=400, line="Bad request."))


class _MeteredReader:
    """What aiohttp wants of a WebSocketReader."""

    def __init__(self, reader: WebSocketReader, limited: LimitedSocket) -> None:
        self._reader = reader
        self._limited = limited

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        if self._limited.frames_received(data):
            return self._reader.feed_data(data)
        return False, b""

    def feed_eof(self) -> None:
        self._reader.feed_eof()


def limited_socket(transport: asyncio.BaseTransport | None) -> LimitedSocket:
    """The connection below HTTP.

    Raises:
        ConnectionResetError: the peer has gone.
    """
    if transport is None:
        raise ConnectionResetError
    return cast(LimitedSocket, cast(Any, transport).get_protocol())


def drop_tracebacks(error: BaseException | None) -> None:
    """Of an exception that aiohttp keeps with a connection, which the traceback's frames keep in turn.

    Such cycles go with the next full collection only, and many at once leave holes in the heap.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


def refused(refusal: Refusal) -> web.Response:
    """The HTTP answer of a refusal; the connection ends with it."""
    headers = {"Server": "cardbridge", "Connection": "close"}
    if refusal.status == 426:
        headers |= {"Upgrade": "websocket", "Connection": "Upgrade, close", "Sec-WebSocket-Version": "13"}
    if refusal.status == 405:
        headers["Allow"] = "GET"
    response = web.Response(status=refusal.status, text=refusal.line + "\n", headers=headers)
    response.force_close()
    return response
