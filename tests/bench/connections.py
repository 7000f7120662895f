"""Connections that are held and say nothing: their memory, and what a token costs beside them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.bench.figures import Figures, Rounds
from tests.bench.place import Daemon, Place, Tokens
from tests.bench.processes import pss_mib

HELD = (1, 16, 64, 256)
ROUNDS, CALLS, DAEMONS = 4, 60, 3
_LIMITS = "max_connections = 300\nmax_connections_per_origin = 300\n"
_SETTLE_S = 0.5
EACH = f"each of {HELD[-1]} idle connections, the daemon's PSS"
TOKEN = f"a token, {HELD[-1]} idle connections held"


async def connections(place: Place) -> list[Figures]:
    """KiB a connection, milliseconds a token. All are closed before the next number is opened."""
    tokens, memory, opening = Rounds("ms"), Rounds("KiB"), Rounds("ms")
    with place.daemon(server_rules=_LIMITS) as daemon, daemon.wire() as wire:
        place.log_in(wire)
        ours = Tokens(wire)
        ours.take(CALLS)
        for _ in range(ROUNDS):
            tokens.add("none", ours.take(CALLS))
            for count in HELD:
                with _held(daemon, count, opening):
                    tokens.add(str(count), ours.take(CALLS))
                await asyncio.sleep(_SETTLE_S)
    for _ in range(DAEMONS):
        for count in HELD:
            _weigh(place, count, memory)
    none = tokens.figures("none", told_as="a token, no other connection")
    figures = [none]
    for count in HELD:
        figures += [
            tokens.figures(str(count), none, told_as=f"a token, {count} idle connections held"),
            memory.figures(str(count), told_as=f"each of {count} idle connections, the daemon's PSS"),
            opening.figures(str(count), told_as=f"to open and greet one of {count} connections"),
        ]
    return figures


def _weigh(place: Place, count: int, memory: Rounds) -> None:
    """In a daemon of its own, with one page: new connections would fill what closed ones left in the heap."""
    with place.daemon(server_rules=_LIMITS) as daemon, daemon.wire():
        time.sleep(_SETTLE_S)
        before = pss_mib(daemon.pid)
        with _held(daemon, count, Rounds("ms")):
            memory.add(str(count), [(pss_mib(daemon.pid) - before) * 1024 / count])


@contextmanager
def _held(daemon: Daemon, count: int, opening: Rounds) -> Iterator[None]:
    """So many connections, opened and greeted one after the other."""
    with ExitStack() as held:
        started = time.perf_counter()
        for _ in range(count):
            held.enter_context(daemon.wire())
        opening.add(str(count), [(time.perf_counter() - started) * 1000 / count])
        time.sleep(_SETTLE_S)
        yield
