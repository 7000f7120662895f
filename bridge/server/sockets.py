"""Accepted TCP connections below HTTP and WebSocket: silence, time limits, and how they end.

A browser that waits for its user's permission holds a connection without sending a byte. Such sockets
are kept for `SILENT_S`, up to a number; all others must finish their opening handshake and each
message within `UNFINISHED_S`.
"""

from __future__ import annotations

import asyncio
import select
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import cast

from bridge.core.frames import MessageMeter
from bridge.server.lingering import LingeringTransport
from bridge.server.pacing import Pace

SILENT_S = 240.0
UNFINISHED_S = 30.0
LINGER_S = 2.0
MAX_HEAD_BYTES = 65536
MAX_ASKED = 256
"""Opening handshakes that have come and wait for their answer, milliseconds each: more than of others, since
the oldest of them is not one that takes its time."""

CLOSE_PROTOCOL_ERROR = 1002
_END_OF_HEAD = b"\r\n\r\n"
CLOSE_UNFINISHED = 4408

End = Callable[[int, str], None]
"""Begins the closing handshake (RFC 6455, section 7.1.2) with a code and a reason."""


class Phase:
    """The sockets in one phase of their life, the oldest first; beyond `limit` the oldest is dropped.

    Args:
        spares_unread: not one whose bytes have come and only wait to be read. Of those that connect in one
            turn of the event loop, at most `listener.BACKLOG`, all are accepted before any is read.
    """

    def __init__(self, limit: int, *, spares_unread: bool = False) -> None:
        self._limit, self._spares_unread = limit, spares_unread
        self._sockets: OrderedDict[LimitedSocket, None] = OrderedDict()

    def enter(self, entering: LimitedSocket) -> None:
        self._sockets[entering] = None
        if len(self._sockets) > self._limit:
            spared = self._spares_unread
            dropped = next((each for each in self._sockets if not (spared and each.has_unread)), None)
            if dropped is not None:
                del self._sockets[dropped]
                dropped.abort()

    def leave(self, leaving: LimitedSocket) -> None:
        self._sockets.pop(leaving, None)


class Phases:
    """Every socket that is not an open WebSocket is in one of these, so that none can pile up.

    Args:
        max_silent: how many may wait without a byte.
        max_connections: how many may be in their opening handshake, and how many may be ending.
        on_none: is called when the last of all connections has gone.
    """

    def __init__(
        self, *, max_silent: int, max_connections: int, on_none: Callable[[], None] = lambda: None
    ) -> None:
        self.silent = Phase(max_silent, spares_unread=True)
        self.handshake = Phase(max_connections)
        self.asked = Phase(MAX_ASKED)
        self.ending = Phase(max_connections)
        self._on_none = on_none
        self._sockets = 0

    @property
    def has_sockets(self) -> bool:
        """Whether any connection is there, of whatever kind."""
        return self._sockets > 0

    def came(self) -> None:
        self._sockets += 1

    def went(self) -> None:
        self._sockets -= 1
        if not self._sockets:
            self._on_none()


class LimitedSocket(asyncio.Protocol):
    """Stands before the HTTP protocol of one connection and hands everything on.

    Args:
        inner: makes the protocol that is served once the first bytes have come; it gets the transport and
            these bytes to look at, and gets them again as every protocol does.
    """

    def __init__(self, inner: Callable[[asyncio.Transport, bytes], asyncio.Protocol], phases: Phases) -> None:
        self._make_inner = inner
        self._inner: asyncio.Protocol | None = None
        self._pace: Pace | None = None
        self._phases = phases
        self._phase: Phase | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._head_end = b""
        self._meter = MessageMeter()
        self._timed_message = 0
        self._end: End | None = None
        self._is_leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._phases.came()
        self._start_timer(SILENT_S, self.abort)
        self._enter(self._phases.silent)

    def data_received(self, data: bytes) -> None:
        if self._is_leaving:
            return
        if self._inner is None:
            self._start_timer(UNFINISHED_S, self.abort)
            self._inner = self._make_inner(self._transport, data)
            self._pace = Pace(self._transport, self._inner.data_received, lambda: self._meter.payload_left)
            self._inner.connection_made(LingeringTransport(self._transport, self.leave, self._pace))
        if self._phase in (self._phases.silent, self._phases.handshake, self._phases.asked):
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.abort()
                return
            if self._phase is not self._phases.asked:
                self._follow_head(data)
        if self._pace is not None:
            self._pace.received(data)

    def _follow_head(self, data: bytes) -> None:
        """Once the head is whole (RFC 9112, section 2.1), it is answered in its turn."""
        seen = self._head_end + data
        self._head_end = seen[1 - len(_END_OF_HEAD) :]
        if _END_OF_HEAD in seen:
            self._enter(self._phases.asked)
        elif self._phase is self._phases.silent:
            self._enter(self._phases.handshake)

    @property
    def has_unread(self) -> bool:
        with suppress(OSError, ValueError):  # ValueError: more descriptors than select can watch
            return bool(select.select([self._transport.get_extra_info("socket")], [], [], 0)[0])
        return False

    def opened(self, end: End) -> None:
        """The opening handshake is done; `end` is called when a message takes too long or breaks a rule."""
        self._end = end
        self._enter(None)
        self._stop_timer()
        self._watch_message()

    def refused(self) -> None:
        """The peer has been told to close: it is one of those that are ending, and in nobody's way."""
        self._enter(self._phases.ending)

    def frames_received(self, data: bytes) -> bool:
        """Measure what came after the opening handshake; whether it may be read on."""
        if self._meter.violation is not None:
            return False
        self._meter.feed(data)
        self._watch_message()
        return self._meter.violation is None

    def _watch_message(self) -> None:
        if self._end is None:
            return
        if self._meter.violation is not None:
            self._stop_timer()
            self._end(CLOSE_PROTOCOL_ERROR, self._meter.violation)
        elif not self._meter.is_unfinished:
            self._stop_timer()
        elif self._timer is None or self._meter.completed != self._timed_message:
            self._timed_message = self._meter.completed
            self._start_timer(UNFINISHED_S, partial(self._end, CLOSE_UNFINISHED, "message unfinished"))

    def leave(self) -> None:
        """End our side after what is written already, and drop what still comes for `LINGER_S`.

        Closing at once while the peer is still sending would answer it with a reset (RFC 1122,
        section 4.2.2.13), and the reset may destroy our last frame before the peer has read it.
        """
        if self._is_leaving:
            return
        self._is_leaving = True
        if self._pace is not None:
            self._pace.drop()
        self._start_timer(LINGER_S, self.abort)
        self._enter(self._phases.ending)
        with suppress(OSError):  # the peer has gone already
            self._transport.resume_reading()
            self._transport.write_eof()

    def has_backlog(self) -> bool:
        """Whether the peer has not taken yet what was written."""
        return self._transport.get_write_buffer_size() > 0

    def abort(self) -> None:
        self._transport.abort()

    def _enter(self, phase: Phase | None) -> None:
        if self._phase is not None:
            self._phase.leave(self)
        self._phase = phase
        if phase is not None:
            phase.enter(self)

    def _start_timer(self, seconds: float, on_end: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, on_end)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner else None

    def pause_writing(self) -> None:
        if self._inner:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing holds on to what has ended: no phase, and no cycle that would wait for the collector."""
        self._is_leaving = True  # aiohttp closes once more what is gone
        self._stop_timer()
        self._enter(None)
        inner, self._inner, pace, self._pace, self._end = self._inner, None, self._pace, None, None
        if pace is not None:
            pace.drop()
        if inner is not None:
            inner.connection_lost(exc)
        self._phases.went()
