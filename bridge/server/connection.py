"""One WebSocket connection: read, decode, dispatch, write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import WSMsgType, web

from bridge.core import jsonrpc, messages
from bridge.core.consent import Program
from bridge.core.errors import (
    BridgeError,
    Busy,
    InternalError,
    InvalidRequest,
    MethodNotFound,
    OriginNotPermitted,
    UserCancelled,
)
from bridge.core.language import Language
from bridge.core.origin import Origin
from bridge.core.sentences import user_message
from bridge.core.upload import CHUNK_BYTES, OutsideUpload
from bridge.methods.bridge import NAME
from bridge.methods.call import QUICK_S, Call, Caller, Desk, Progress, nothing
from bridge.methods.table import TABLE, Method
from bridge.methods.uploads import Uploads

_log = logging.getLogger(__name__)

MAX_IN_FLIGHT = 64
SEND_TIMEOUT_S = 10.0
_SMALL_BYTES = 16384
CLOSE_SITE_NOT_PERMITTED = 4403
CLOSE_UNSUPPORTED_DATA = 1003


class _InFlight(msgspec.Struct, kw_only=True, eq=False):
    """A request that has not been answered."""

    task: asyncio.Task[None]
    is_withdrawn: bool = False

    def withdraw(self) -> None:
        """Cancel it, once: a second time would interrupt how it cleans up."""
        if not self.is_withdrawn:
            self.is_withdrawn = True
            self.task.cancel()


class Connection:
    """The traffic of one accepted socket.

    Args:
        number: unique in this daemon's life.
        abort: drops the TCP connection at once.
        has_backlog: whether the peer has not taken yet what was sent before.
        program: finds out which program is at its other end.
        max_message_bytes: the longest message that the socket takes.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        desk: Desk,
        *,
        number: int,
        origin: Origin,
        abort: Callable[[], None],
        has_backlog: Callable[[], bool] = lambda: True,
        program: Callable[[], Awaitable[Program | None]] = nothing,
        max_message_bytes: int = CHUNK_BYTES,
    ) -> None:
        self._socket = socket
        self._abort = abort
        self._has_backlog = has_backlog
        self._program = program
        self._desk = desk
        self._number = number
        self._origin = origin
        self._uploads = Uploads(max_message_bytes)
        self._in_flight: dict[messages.RequestId, _InFlight] = {}
        self._group: asyncio.TaskGroup | None = None
        self._has_news = False
        self._telling: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Greet, and serve until the socket closes; then everything under way is cancelled."""
        hello = messages.Hello(name=NAME, version=self._desk.version, protocol=messages.PROTOCOL)
        await self._send(jsonrpc.encode_notification("bridge.hello", hello))
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                try:
                    await self._read(group)
                finally:
                    self._group = None  # a group that ends takes no task any more
                if self._telling is not None:
                    self._telling.cancel()
                for each in self._in_flight.values():
                    each.withdraw()
        finally:
            self._desk.board.unwatch(self._readers_changed)
            self._desk.sessions.connection_closed(self._number)
            self._uploads.close()

    async def _read(self, group: asyncio.TaskGroup) -> None:
        while True:
            # Other connections' turn, and the first step of the task that the message before has started: one
            # that is cancelled before it, by a `$/cancel` in the same TCP segment, would never answer.
            await asyncio.sleep(0)
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                await self._accept(message.data, group)
            elif message.type is WSMsgType.BINARY:
                if not await self._take(message.data):
                    return
            elif message.type is WSMsgType.PING:
                await self._send(message.data, WSMsgType.PONG)
            elif message.type is not WSMsgType.PONG:
                return

    async def _take(self, frame: bytes) -> bool:
        """A frame of an upload. The next one is read when the one before has been hashed."""
        try:
            credit = await self._uploads.take(frame)
        except OutsideUpload:
            await self._socket.close(code=CLOSE_UNSUPPORTED_DATA, message=b"not agreed on by an upload")
            return False
        if credit is not None:
            await self._send(jsonrpc.encode_notification("upload.credit", credit))
        return True

    async def _accept(self, frame: str, group: asyncio.TaskGroup) -> None:
        try:
            request = jsonrpc.decode(frame)
            if request.id is not None and request.id in self._in_flight:
                raise jsonrpc.Refusal(InvalidRequest("This id is in flight already."))
        except jsonrpc.Refusal as refusal:
            await self._send_error(refusal.id, refusal.error, self._desk.policy.ui.language)
            return
        if request.id is None:
            self._notified(request)
        elif len(self._in_flight) >= MAX_IN_FLIGHT:
            error = Busy("Too many requests in flight.")
            await self._send_error(request.id, error, self._desk.policy.ui.language)
        else:
            task = group.create_task(self._serve_request(request.id, request))
            self._in_flight[request.id] = _InFlight(task=task)

    def _notified(self, request: jsonrpc.Request) -> None:
        """A notification is never answered (JSON-RPC 2.0, section 4.1); unknown ones are ignored."""
        if request.method != "$/cancel":
            return
        try:
            cancel = jsonrpc.decode_params(request.params, messages.Cancel)
        except BridgeError:
            return
        in_flight = self._in_flight.get(cancel.id)
        if in_flight is not None:
            in_flight.withdraw()

    async def _serve_request(self, id: messages.RequestId, request: jsonrpc.Request) -> None:
        language, name = self._desk.policy.ui.language, request.method
        try:
            method = TABLE.get(name)
            if method is None:
                raise MethodNotFound
            params = jsonrpc.decode_params(request.params, method.params)
            del request  # and with it the whole message, which may be long and empty: this may wait for hours
            if isinstance(params, messages.WindowParams) and params.language is not None:
                language = params.language
            result = await self._call(id, name, method, params, language)
        except BridgeError as error:
            self._in_flight.pop(id, None)
            _log.info("%s: %s", name if name in TABLE else "unknown", error.reason)
            await self._send_error(id, error, language)
        except asyncio.CancelledError:
            # Cancelled by `$/cancel`: an answer is due. By the end of the connection: the socket is closed.
            self._in_flight.pop(id, None)
            if not self._socket.closed:
                await self._send_error(id, UserCancelled("The page withdrew the request."), language)
        except Exception:
            self._in_flight.pop(id, None)
            _log.exception("%s failed", name)
            await self._send_error(id, InternalError(), language)
        else:
            self._in_flight.pop(id, None)
            await self._send(jsonrpc.encode_result(id, result))

    async def _call(
        self,
        id: messages.RequestId,
        name: str,
        method: Method,
        params: messages.Params,
        language: Language,
    ) -> messages.Result:
        site = self._desk.policy.site(self._origin)
        if site is None:
            self._desk.activity.refused(self._origin)
            raise OriginNotPermitted("This site is not allowed any more.")
        caller = Caller(
            connection=self._number,
            origin=self._origin,
            site=site,
            notify_readers=self._readers_changed,
            program=self._program,
            uploads=self._uploads,
        )
        progress = FrameProgress(id, self._send)
        call = Call(desk=self._desk, caller=caller, language=language, progress=progress)
        work = method.handle(call, params)
        try:
            return await self._desk.activity.follow(call.trail, self._origin, name, params, work)
        finally:
            if call.trail.has_window and self._group is not None:
                self._desk.tokens.prepare()  # often, a page that is there asks for more than one window
            await progress.settled()

    def _readers_changed(self) -> None:
        """What has changed is told by one task at a time; without news there is none."""
        self._has_news = True
        if self._group is not None and (self._telling is None or self._telling.done()):
            self._telling = self._group.create_task(self._tell_readers())

    async def _tell_readers(self) -> None:
        while self._has_news:
            self._has_news = False
            readers = messages.Readers(readers=self._desk.board.known_readers())
            await self._send(jsonrpc.encode_notification("readers.changed", readers))

    async def _send_error(
        self, id: messages.RequestId | None, error: BridgeError, language: Language
    ) -> None:
        await self._send(jsonrpc.encode_error(id, error, user_message(error, language)))

    async def _send(self, frame: bytes, kind: WSMsgType = WSMsgType.TEXT) -> None:
        if self._socket.closed:
            return
        try:
            if len(frame) <= _SMALL_BYTES and not self._has_backlog():
                await self._socket.send_frame(frame, kind)  # there is room for it: nothing is waited for
                return
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send_frame(frame, kind)
        except (ConnectionError, TimeoutError):
            _log.info("connection %s does not take its frames", self._number)
            self._abort()


class FrameProgress(Progress):
    def __init__(self, id: messages.RequestId, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._id = id
        self._send = send
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    async def send(
        self,
        state: messages.ProgressState,
        *,
        done: int | None = None,
        total: int | None = None,
        reader: str | None = None,
    ) -> None:
        progress = messages.Progress(id=self._id, state=state, done=done, total=total, reader=reader)
        await self._send(jsonrpc.encode_notification("$/progress", progress))

    def unless_quick(
        self,
        state: messages.ProgressState,
        *,
        done: int | None = None,
        total: int | None = None,
        reader: str | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(QUICK_S, self._begin, loop, state, done, total, reader)

    def _begin(
        self,
        loop: asyncio.AbstractEventLoop,
        state: messages.ProgressState,
        done: int | None,
        total: int | None,
        reader: str | None,
    ) -> None:
        """In a task of its own: `settled` waits for it."""
        self._sending = loop.create_task(self.send(state, done=done, total=total, reader=reader))

    async def settled(self) -> None:
        """What is not on its way yet is not sent any more; what is comes first."""
        if self._timer is not None:
            self._timer.cancel()
        if self._sending is not None:
            await asyncio.wait([self._sending])
