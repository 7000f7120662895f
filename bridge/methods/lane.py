"""The one lane to the card, and how many windows may wait before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bridge.core.errors import Busy
from bridge.core.origin import Origin
from bridge.core.turns import Turns


@dataclass(slots=True, kw_only=True, eq=False)
class _Ticket:
    connection: int
    has_window: bool
    called: asyncio.Event = field(default_factory=asyncio.Event)


class Lane:
    """Serves one request at a time.

    Args:
        queue: how many requests that show a window may wait.
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

    @asynccontextmanager
    async def turn(self, connection: int, origin: Origin, *, has_window: bool) -> AsyncIterator[None]:
        """Wait for the turn at the card; it is over when the context is left.

        Raises:
            Busy: too many windows wait already, or this connection has one that waits.
        """
        ticket = _Ticket(connection=connection, has_window=has_window)
        self._admit(ticket)
        self._tickets.append(ticket)
        self._waiting.add(origin, ticket)
        self._call_next()
        try:
            await ticket.called.wait()
            yield
        finally:
            self._leave(origin, ticket)

    def is_used_by(self, connection: int) -> bool:
        """Whether a request of this connection is served or waits."""
        return any(ticket.connection == connection for ticket in self._tickets)

    def _admit(self, ticket: _Ticket) -> None:
        if not ticket.has_window or self._served is None:
            return
        if len(self._windows_waiting) >= self._queue:
            raise Busy
        if any(other.connection == ticket.connection for other in self._windows_waiting):
            raise Busy("This connection has a window that waits.")
        self._windows_waiting.append(ticket)

    def _leave(self, origin: Origin, ticket: _Ticket) -> None:
        if ticket in self._windows_waiting:
            self._windows_waiting.remove(ticket)
        self._waiting.remove(origin, ticket)
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
