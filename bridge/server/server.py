"""The server: listening sockets, the opening handshake, the connections that are open."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from bridge.core.consent import Program
from bridge.core.messages import SUBPROTOCOL
from bridge.core.origin import Origin
from bridge.core.settings import ServerSettings
from bridge.methods.call import Desk
from bridge.server import guard, load_aiohttp, owner
from bridge.server.foreseen import origin_in
from bridge.server.listener import Listener
from bridge.server.processes import Address
from bridge.server.program import program_of
from bridge.server.sockets import LimitedSocket, Phases

if TYPE_CHECKING:
    from aiohttp import web

    from bridge.server.http import Http

_log = logging.getLogger(__name__)

CLOSE_GOING_AWAY = 1001
_CLOSE_TIMEOUT_S = 2.0
_NOT_FOUND_OUT = "refused, because whose socket asks to connect cannot be found out on this computer"
_REFUSED_MESSAGE_BYTES = 1024


class _Open(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An open WebSocket and the TCP connection below it."""

    origin: Origin
    socket: web.WebSocketResponse
    limited: LimitedSocket

    async def close(self, code: int, reason: str) -> None:
        """Close with `code`; a peer that does not read is not waited for."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                if self.socket.prepared:
                    await self.socket.close(code=code, message=reason.encode())
        except TimeoutError:
            self.limited.abort()
        except Exception:  # aiohttp's; it must not end the TaskGroup, which is the daemon's
            _log.exception("a connection cannot be closed")
            self.limited.abort()
        self.limited.leave()


class Server:
    """Listens on loopback and serves allowed pages.

    Args:
        desk: what the methods need.
        settings: counts from the start on, also when the file changes.
        on_refused: told of each web origin that is not on the list.
    """

    def __init__(
        self, desk: Desk, settings: ServerSettings, on_refused: Callable[[Origin], None] = lambda _: None
    ) -> None:
        self._desk = desk
        self._on_refused = on_refused
        self._settings = settings
        self._phases = Phases(
            max_silent=settings.max_silent, max_connections=settings.max_connections, on_none=self._on_none
        )
        self._numbers = itertools.count(1)
        self._open: set[_Open] = set()
        self.listener = Listener(lambda: LimitedSocket(self._new_http, self._phases))
        self.watchers: list[Callable[[], None]] = []
        self._http: Http | None = None
        self._is_stopping = False
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{guard.PATH}"

    async def start(self, tasks: asyncio.TaskGroup, handed_on: Sequence[int] = ()) -> None:
        """Listen. `tasks` outlives the server and runs what a connection leaves behind.

        Args:
            handed_on: sockets that the listener of the process before has handed on.

        Raises:
            NoFreePort
        """
        self._tasks = tasks
        self.port = await self.listener.start(*self._settings.ports, handed_on)

    @property
    def has_sockets(self) -> bool:
        """Whether anybody is connected, in whatever state; `watchers` hear when nobody is any more."""
        return self._phases.has_sockets

    @property
    def has_pages(self) -> bool:
        """Whether a page is served, or what it has asked for is still being ended."""
        return bool(self._open)

    def _on_none(self) -> None:
        for watcher in self.watchers:
            watcher()

    async def stop(self) -> None:
        """Close every connection with 1001 (RFC 6455, section 7.4.1) and listen no more."""
        self._is_stopping = True
        self.listener.close()
        async with asyncio.TaskGroup() as group:
            for opened in self._open:
                group.create_task(opened.close(CLOSE_GOING_AWAY, "going away"))
        if self._http is not None:
            await self._http.shutdown(_CLOSE_TIMEOUT_S)

    def _new_http(self, transport: asyncio.Transport, came: bytes) -> web.RequestHandler:
        if self._http is None:
            self._foresee(transport, came)
            load_aiohttp()
            from bridge.server.http import Http

            self._http = Http(self._handle)
        return self._http()

    def _foresee(self, transport: asyncio.Transport, came: bytes) -> None:
        """Have ready what a page needs that will be let in: it starts while aiohttp is being loaded."""
        origin, ends = origin_in(came, self.port), _ends(transport)
        if origin is None or ends is None or not owner.is_quick() or self._desk.policy.site(origin) is None:
            return
        with suppress(OSError, ImportError, NotImplementedError):  # the handshake's own check tells of it
            if owner.is_own(*ends):
                self._prepare()

    def _prepare(self) -> None:
        self._desk.consent.prepare()
        self._desk.tokens.prepare()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        from bridge.server.http import refused

        headers = request.headers
        origin = guard.origin_of(headers)
        refusal = (
            guard.check_target(request.method, request.raw_path, request.version, headers)
            or guard.check_host(headers, self.port)
            or guard.check_origin(headers)
            or await self._check_owner(request.transport)
            or guard.check_subprotocol(headers)
            or self._check_limits(origin)
        )
        if refusal is not None:
            return refused(refusal)
        if origin is None or self._desk.policy.site(origin) is None:
            self._desk.activity.refused(origin)
            if origin is not None:
                self._on_refused(origin)
            return await self._close_as_not_permitted(request)
        return await self._serve(request, origin)

    async def _check_owner(self, transport: asyncio.Transport | None) -> guard.Refusal | None:
        try:
            if transport and (ends := _ends(transport)) and await self._is_own(*ends):
                return None
            _log.warning("a socket of another user, or of nobody, asked to connect")
        except OSError as error:
            _log.error("%s: %s", _NOT_FOUND_OUT, error)
        except (ImportError, NotImplementedError):
            _log.exception(_NOT_FOUND_OUT)
        return guard.Refusal(status=403, line="Only programs of the same user are served.")

    async def _is_own(self, peer: Address, own: Address) -> bool:
        if owner.is_quick():
            return owner.is_own(peer, own)
        return await asyncio.to_thread(
            owner.is_own, peer, own
        )  # not begun where the socket is dropped before

    def _check_limits(self, origin: Origin | None) -> guard.Refusal | None:
        same = Counter(opened.origin for opened in self._open)[origin] if origin else 0
        if self._is_stopping:
            return guard.Refusal(status=503, line="Going away.")
        if (
            len(self._open) >= self._settings.max_connections
            or same >= self._settings.max_connections_per_origin
        ):
            return guard.Refusal(status=503, line="Too many connections.")
        return None

    async def _close_as_not_permitted(self, request: web.BaseRequest) -> web.StreamResponse:
        from bridge.server.connection import CLOSE_SITE_NOT_PERMITTED
        from bridge.server.http import drop_tracebacks, limited_socket

        _log.info("a site that is not on the list asked to connect")
        socket = _websocket(_REFUSED_MESSAGE_BYTES)
        await socket.prepare(request)
        limited_socket(request.transport).refused()
        await socket.close(code=CLOSE_SITE_NOT_PERMITTED, message=b"site not permitted")
        drop_tracebacks(socket.exception())
        return socket

    async def _serve(self, request: web.BaseRequest, origin: Origin) -> web.StreamResponse:
        self._prepare()
        from bridge.server.connection import Connection
        from bridge.server.http import drop_tracebacks, limited_socket

        opened = _Open(
            origin=origin,
            socket=_websocket(self._settings.max_message_bytes),
            limited=limited_socket(request.transport),
        )
        self._open.add(opened)
        try:
            await opened.socket.prepare(request)
            opened.limited.opened(lambda code, reason: self._end(opened, code, reason))
            number = next(self._numbers)
            abort = opened.limited.abort
            await Connection(
                opened.socket,
                self._desk,
                number=number,
                origin=origin,
                abort=abort,
                has_backlog=opened.limited.has_backlog,
                program=partial(_program_at, _ends(request.transport)),
                max_message_bytes=self._settings.max_message_bytes,
            ).serve()
        finally:
            self._open.discard(opened)
            drop_tracebacks(opened.socket.exception())
        return opened.socket

    def _end(self, opened: _Open, code: int, reason: str) -> None:
        self._tasks.create_task(opened.close(code, reason))


def _websocket(max_message_bytes: int) -> web.WebSocketResponse:
    """One that negotiates the subprotocol and no extension."""
    from aiohttp import web

    socket = web.WebSocketResponse(
        timeout=_CLOSE_TIMEOUT_S,
        autoping=False,  # a pong has to respect the time limit of every frame
        protocols=(SUBPROTOCOL,),
        compress=False,
        max_msg_size=max_message_bytes + 1,  # aiohttp refuses a message of exactly this size
    )
    socket.headers["Server"] = "cardbridge"
    # aiohttp looks at the first header only; RFC 6455, section 11.3.4 allows several.
    socket.headers["Sec-WebSocket-Protocol"] = SUBPROTOCOL
    return socket


def _ends(transport: asyncio.BaseTransport | None) -> tuple[Address, Address] | None:
    """The peer's and our own address; None where the socket is gone."""
    ends = [transport.get_extra_info(name) for name in ("peername", "sockname")] if transport else []
    return (ends[0][:2], ends[1][:2]) if all(ends) and ends else None


async def _program_at(ends: tuple[Address, Address] | None) -> Program | None:
    return await asyncio.to_thread(program_of, *ends) if ends else Program()
