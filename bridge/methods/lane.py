"""The one lane to the card, and how many windows may wait before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

import msgspec

from bridge.core.errors import Busy
from bridge.core.origin import THE_USER, Origin
from bridge.core.turns import Turns


class _Ticket(msgspec.Struct, kw_only=True, eq=False):
    connection: int
    origin: Origin
    has_window: bool
    may_open: bool = True
    called: asyncio.Event = msgspec.field(default_factory=asyncio.Event)


class Turn:
    """A context, or two calls: `enter` waits for the turn at the card, which is over with `leave`."""

    def __init__(self, lane: Lane, ticket: _Ticket) -> None:
        self._lane, self._ticket = lane, ticket

    async def enter(self) -> None:
        """Raises: Busy."""
        await self._lane.take(self._ticket)

    def leave(self) -> None:
        self._lane.give_on(self._ticket)

    async def __aenter__(self) -> None:
        await self.enter()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()


class Lane:
    """Serves one request at a time.

    Args:
        queue: how many requests that show a window may wait. The first of each origin may wait beyond that,
            so that none takes all places; and so may the person's own.
    """

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self._waiting: Turns[_Ticket] = Turns()
        self._windows_waiting: list[_Ticket] = []
        self._tickets: list[_Ticket] = []
        self._served: _Ticket | None = None
        self.watchers: list[Callable[[], None]] = []

    @property
    def is_busy(self) -> bool:
        """Whether a request is being served. `watchers` are called when this changes."""
        return self._served is not None

    @property
    def is_used(self) -> bool:
        """Whether a request is served or waits."""
        return bool(self._tickets)

    def turn(self, connection: int, origin: Origin, *, has_window: bool) -> Turn:
        """Wait for the turn at the card, when the context is entered; it is over when that is left.

        Raises:
            Busy: too many windows wait already, or this connection has one that waits.
        """
        ticket = _Ticket(connection=connection, origin=origin, has_window=has_window)
        return Turn(self, ticket)

    async def take(self, ticket: _Ticket) -> None:
        """Of `Turn` only."""
        origin = ticket.origin
        self._admit(ticket)
        self._tickets.append(ticket)
        self._waiting.add(origin, ticket, is_first=origin == THE_USER)
        self._call_next()
        if self._served is ticket:
            return
        try:
            await ticket.called.wait()
        except BaseException:
            self.give_on(ticket)
            raise

    def is_used_by(self, connection: int) -> bool:
        """Whether a request of this connection is served or waits."""
        return any(ticket.connection == connection for ticket in self._tickets)

    def open_window(self) -> None:
        """The request that is served opens its window; it may be one that was to do without.

        The card session that it counted on has ended then. Of a connection's requests that waited for it
        together, only one may open a window: as many as the page likes would follow one another.

        Raises:
            Busy
        """
        served = self._served
        if served is None or served.has_window:
            return
        if not served.may_open:
            raise Busy("Another request of this connection has opened a window in its place.")
        for other in self._tickets:
            if other is not served and other.connection == served.connection:
                other.may_open = False

    def _admit(self, ticket: _Ticket) -> None:
        if not ticket.has_window or self._served is None:
            return
        is_full = len(self._windows_waiting) >= self._queue
        if is_full and any(other.origin == ticket.origin for other in self._windows_waiting):
            raise Busy
        if any(other.connection == ticket.connection for other in self._windows_waiting):
            raise Busy("This connection has a window that waits.")
        self._windows_waiting.append(ticket)

    def give_on(self, ticket: _Ticket) -> None:
        """Of `Turn` only."""
        if ticket in self._windows_waiting:
            self._windows_waiting.remove(ticket)
        self._waiting.remove(ticket.origin, ticket)
        self._tickets.remove(ticket)
        if self._served is ticket:
            self._served = None
            self._call_next()
            if self._served is None:
                self._tell()

    def _call_next(self) -> None:
        if self._served is not None:
            return
        self._served = self._waiting.take()
        if self._served is not None:
            self._tell()
            if self._served in self._windows_waiting:
                self._windows_waiting.remove(self._served)
            self._served.called.set()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()
