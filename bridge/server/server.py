"""The server: listening sockets, the opening handshake, the connections that are open."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from typing import cast

from aiohttp import web

from bridge.core.messages import SUBPROTOCOL
from bridge.core.origin import Origin
from bridge.core.settings import ServerSettings
from bridge.methods.call import Desk
from bridge.server import guard
from bridge.server.connection import CLOSE_SITE_NOT_PERMITTED, CLOSE_UNFINISHED, Connection
from bridge.server.listener import listen
from bridge.server.sockets import LimitedSocket, SilentSockets

_log = logging.getLogger(__name__)

CLOSE_GOING_AWAY = 1001
_CLOSE_TIMEOUT_S = 2.0
_REFUSED_MESSAGE_BYTES = 1024


class Server:
    """Listens on loopback and serves allowed pages."""

    def __init__(self, desk: Desk, settings: ServerSettings) -> None:
        self._desk = desk
        self._settings = settings
        self._silent = SilentSockets(settings.max_silent)
        self._numbers = itertools.count(1)
        self._open: dict[web.WebSocketResponse, Origin] = {}
        self._listening: list[asyncio.Server] = []
        self._closing: asyncio.TaskGroup | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{guard.PATH}"

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        """Listen. `tasks` outlives the server and runs what a connection leaves behind.

        Raises:
            NoFreePort
        """
        self._closing = tasks
        self.port, sockets = listen(*self._settings.ports)
        self._http = web.Server(self._handle, access_log=None)
        loop = asyncio.get_running_loop()
        for each in sockets:
            self._listening.append(
                await loop.create_server(lambda: LimitedSocket(self._http, self._silent), sock=each)
            )

    async def stop(self) -> None:
        """Close every connection with 1001 (RFC 6455, section 7.4.1) and listen no more."""
        for listening in self._listening:
            listening.close()
        async with asyncio.TaskGroup() as group:
            for socket in list(self._open):
                group.create_task(_close(socket))
        if self._listening:
            await self._http.shutdown(_CLOSE_TIMEOUT_S)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        refusal = guard.check_target(request.method, request.raw_path, request.headers)
        refusal = refusal or guard.check_handshake(request.headers, self.port)
        origin = None if refusal else guard.origin_of(request.headers)
        refusal = refusal or self._check_limits(origin)
        if refusal is not None:
            return _refused(refusal)
        if origin is None or self._desk.policy.site(origin) is None:
            return await self._close_as_not_permitted(request)
        return await self._serve(request, origin)

    def _check_limits(self, origin: Origin | None) -> guard.Refusal | None:
        same = Counter(self._open.values())[origin] if origin else 0
        if (
            len(self._open) >= self._settings.max_connections
            or same >= self._settings.max_connections_per_origin
        ):
            return guard.Refusal(status=503, line="Too many connections.")
        return None

    async def _close_as_not_permitted(self, request: web.BaseRequest) -> web.StreamResponse:
        _log.info("a site that is not on the list asked to connect")
        socket = web.WebSocketResponse(
            timeout=_CLOSE_TIMEOUT_S,
            protocols=(SUBPROTOCOL,),
            compress=False,
            max_msg_size=_REFUSED_MESSAGE_BYTES,
        )
        await _prepare(socket, request)
        await socket.close(code=CLOSE_SITE_NOT_PERMITTED, message=b"site not permitted")
        return socket

    async def _serve(self, request: web.BaseRequest, origin: Origin) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            timeout=_CLOSE_TIMEOUT_S,
            protocols=(SUBPROTOCOL,),
            compress=False,
            max_msg_size=self._settings.max_message_bytes,
        )
        self._open[socket] = origin
        try:
            limited = await _prepare(socket, request)
            limited.upgraded(lambda: self._close_unfinished(socket, limited))
            connection = Connection(
                socket, self._desk, number=next(self._numbers), origin=origin, abort=limited.abort
            )
            await connection.serve()
        finally:
            del self._open[socket]
        return socket

    def _close_unfinished(self, socket: web.WebSocketResponse, limited: LimitedSocket) -> None:
        async def close() -> None:
            await socket.close(code=CLOSE_UNFINISHED, message=b"message unfinished")
            limited.abort()

        if self._closing is not None:
            self._closing.create_task(close())


async def _prepare(socket: web.WebSocketResponse, request: web.BaseRequest) -> LimitedSocket:
    socket.headers["Server"] = "cardbridge"
    await socket.prepare(request)
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    return cast(LimitedSocket, transport.get_protocol())


async def _close(socket: web.WebSocketResponse) -> None:
    if socket.prepared:
        await socket.close(code=CLOSE_GOING_AWAY, message=b"going away")


def _refused(refusal: guard.Refusal) -> web.Response:
    headers = {"Server": "cardbridge", "Connection": "close"}
    if refusal.status == 426:
        headers |= {"Upgrade": "websocket", "Connection": "Upgrade, close"}
    if refusal.status == 405:
        headers["Allow"] = "GET"
    response = web.Response(status=refusal.status, text=refusal.line + "\n", headers=headers)
    response.force_close()
    return response
