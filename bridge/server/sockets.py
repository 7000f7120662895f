"""Accepted TCP connections before and below the WebSocket: silence and time limits.

A browser that waits for its user's permission holds a connection without sending a byte. Such sockets
are kept for `SILENT_S`, up to a number; all others must finish their opening handshake and each
message within `UNFINISHED_S`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

from bridge.core.frames import MessageMeter

SILENT_S = 240.0
UNFINISHED_S = 30.0
_END_OF_HEAD = b"\r\n\r\n"


class SilentSockets:
    """Sockets that have not sent a byte, the oldest first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sockets: OrderedDict[LimitedSocket, None] = OrderedDict()

    def add(self, opened: LimitedSocket) -> None:
        self._sockets[opened] = None
        if len(self._sockets) > self._limit:
            oldest, _ = self._sockets.popitem(last=False)
            oldest.abort()

    def remove(self, opened: LimitedSocket) -> None:
        self._sockets.pop(opened, None)


class LimitedSocket(asyncio.Protocol):
    """Stands before the HTTP protocol of one connection and hands everything on.

    Args:
        inner: makes the protocol that is served once the first byte has come.
    """

    def __init__(self, inner: Callable[[], asyncio.Protocol], silent: SilentSockets) -> None:
        self._make_inner = inner
        self._inner: asyncio.Protocol | None = None
        self._silent = silent
        self._timer: asyncio.TimerHandle | None = None
        self._timed_message = 0
        self._head = b""
        self._meter: MessageMeter | None = None
        self._on_unfinished: Callable[[], None] = self.abort

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._silent.add(self)
        self._start_timer(SILENT_S)

    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            self._silent.remove(self)
            self._start_timer(UNFINISHED_S)
            self._inner = self._make_inner()
            self._inner.connection_made(self._transport)
        self._measure(data)
        self._inner.data_received(data)

    def upgraded(self, on_unfinished: Callable[[], None]) -> None:
        """The opening handshake is done; `on_unfinished` is called when a message takes too long."""
        self._on_unfinished = on_unfinished
        self._stop_timer()
        self._watch_message()

    def _measure(self, data: bytes) -> None:
        if self._meter is None:
            head, end, rest = (self._head + data).partition(_END_OF_HEAD)
            if not end:
                self._head = head[-(len(_END_OF_HEAD) - 1) :]
                return
            self._meter, data = MessageMeter(), rest
        self._meter.feed(data)
        if self._on_unfinished != self.abort:
            self._watch_message()

    def _watch_message(self) -> None:
        meter = self._meter
        if meter is None or not meter.is_unfinished:
            self._stop_timer()
        elif self._timer is None or meter.completed != self._timed_message:
            self._timed_message = meter.completed
            self._start_timer(UNFINISHED_S)

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._time_is_over)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_over(self) -> None:
        self._timer = None
        self._on_unfinished()

    def abort(self) -> None:
        self._transport.abort()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner else None

    def pause_writing(self) -> None:
        if self._inner:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._silent.remove(self)
        if self._inner:
            self._inner.connection_lost(exc)
