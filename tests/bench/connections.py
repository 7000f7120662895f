"""Connections that are held and say nothing: their memory, and what a token costs beside them."""

from __future__ import annotations

import time
from contextlib import ExitStack

from tests.bench.figures import Figures, Rounds
from tests.bench.place import Daemon, Place, Tokens
from tests.bench.processes import pss_mib

HELD = (1, 16, 64, 256)
ROUNDS, CALLS = 4, 60
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
        _hold(daemon, HELD[-1], ours, Rounds("ms"), Rounds("KiB"), Rounds("ms"))  # what is allocated once
        for _ in range(ROUNDS):
            tokens.add("none", ours.take(CALLS))
            for count in HELD:
                _hold(daemon, count, ours, tokens, memory, opening)
    none = tokens.figures("none", told_as="a token, no other connection")
    figures = [none]
    for count in HELD:
        figures += [
            tokens.figures(str(count), none, told_as=f"a token, {count} idle connections held"),
            memory.figures(str(count), told_as=f"each of {count} idle connections, the daemon's PSS"),
            opening.figures(str(count), told_as=f"to open and greet one of {count} connections"),
        ]
    return figures


def _hold(daemon: Daemon, count: int, ours: Tokens, tokens: Rounds, memory: Rounds, opening: Rounds) -> None:
    before = pss_mib(daemon.pid)
    with ExitStack() as held:
        started = time.perf_counter()
        for _ in range(count):
            held.enter_context(daemon.wire())
        opening.add(str(count), [(time.perf_counter() - started) * 1000 / count])
        time.sleep(_SETTLE_S)
        memory.add(str(count), [(pss_mib(daemon.pid) - before) * 1024 / count])
        tokens.add(str(count), ours.take(CALLS))
    time.sleep(_SETTLE_S)
