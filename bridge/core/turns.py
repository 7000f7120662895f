"""Whose turn it is at the card: in order of arrival within an origin, origins in turn."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from bridge.core.origin import Origin

T = TypeVar("T")


class Turns(Generic[T]):
    """Tickets that wait. A page that floods pushes back only its own origin's requests."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Origin, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, origin: Origin, ticket: T, *, is_first: bool = False) -> None:
        """`is_first`: its origin is the next."""
        self._waiting.setdefault(origin, deque()).append(ticket)
        if is_first:
            self._waiting.move_to_end(origin, last=False)

    def remove(self, origin: Origin, ticket: T) -> None:
        """Forget `ticket`; nothing happens where it is not waiting any more."""
        tickets = self._waiting.get(origin)
        if tickets is not None and ticket in tickets:
            tickets.remove(ticket)
            if not tickets:
                del self._waiting[origin]

    def take(self) -> T | None:
        """The next ticket, taken out; its origin goes behind the others."""
        if not self._waiting:
            return None
        origin, tickets = self._waiting.popitem(last=False)
        ticket = tickets.popleft()
        if tickets:
            self._waiting[origin] = tickets
        return ticket
