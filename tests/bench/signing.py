"""One signature at a time, and eight in flight: the daemon beside bare loops and unsafe servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench.figures import Figures, Rounds
from tests.bench.place import Place, Tokens
from tests.bench.references import running
from tests.bench.references.installing import Missing
from tests.bench.references.running import Asking, Loop, Server

ROUNDS, CALLS, IN_FLIGHT = 15, 40, 8
BARE = "the bare call of python-pkcs11"
OURS_IN_FLIGHT = "`auth.getToken` within a session, the signature verified, 8 in flight"
OURS = "`auth.getToken` within a session, the signature verified"
TOLD_AS = {
    "C": "a C loop on the module (the floor)",
    "python-pkcs11": BARE,
    "websockets": "thirty lines of websockets, no safety",
    "aiohttp": "thirty lines of aiohttp, no safety",
    "Node": "a Node HTTP signer (pkcs11js)",
    "Java": "a resident Java HTTP signer (SunPKCS11)",
}


async def signing(place: Place) -> list[Figures]:
    """Milliseconds a signature; signatures a second with eight in flight."""
    one, rates = Rounds("ms"), Rounds("/s", more_is_better=True)
    with ExitStack() as undo:
        daemon = undo.enter_context(place.daemon())
        ours = undo.enter_context(daemon.wire())
        place.log_in(ours)
        tokens = Tokens(ours)
        loops = dict(_loops(place, undo))
        servers = dict(_servers(place, undo))
        clients = {name: _clients(server, undo) for name, server in servers.items()}
        for _ in range(ROUNDS):
            for name, each in loops.items():
                one.add(name, each.sign(CALLS))
            one.add(OURS, tokens.take(CALLS))
            for name, asking in clients.items():
                one.add(name, _one_at_a_time(asking[0]))
        for _ in range(ROUNDS):
            for name, each in loops.items():
                rates.add(name, [_rate_of_loop(each)])
            rates.add(OURS, [_rate([tokens] * IN_FLIGHT)])
            for name, asking in clients.items():
                rates.add(name, [_rate(asking)])
    return _told(one, "") + _told(rates, f", {IN_FLIGHT} in flight")


def _told(rounds: Rounds, suffix: str) -> list[Figures]:
    bare = rounds.figures("python-pkcs11", told_as=BARE + (suffix and ", one after the other"))
    others = [
        rounds.figures(name, bare, told_as=TOLD_AS[name] + suffix)
        for name in TOLD_AS
        if name in rounds and name != "python-pkcs11"
    ]
    return [bare, rounds.figures(OURS, bare, told_as=OURS + suffix), *others]


def _loops(place: Place, undo: ExitStack) -> Iterator[tuple[str, Loop]]:
    for name, command in running.loops().items():
        yield name, undo.enter_context(running.loop(command, place.token))


def _servers(place: Place, undo: ExitStack) -> Iterator[tuple[str, Server]]:
    for name in running.SERVERS:
        try:
            yield name, undo.enter_context(running.server(name, place.token))
        except Missing as missing:
            place.tell(f"left out: {name}: {missing}")


def _clients(server: Server, undo: ExitStack) -> list[Asking]:
    """As many as are in flight: over a WebSocket requests overlap, HTTP needs a connection each."""
    count = 1 if server.is_websocket else IN_FLIGHT
    made = [server.client() for _ in range(count)]
    for each in made:
        undo.callback(each.close)
        each.ask()
        each.await_answer()
    return made * (IN_FLIGHT // count)


def _one_at_a_time(asking: Asking) -> list[float]:
    took = []
    for _ in range(CALLS):
        before = time.perf_counter()
        asking.ask()
        asking.await_answer()
        took.append((time.perf_counter() - before) * 1000)
    return took


def _rate(clients: list[Asking]) -> float:
    """Requests a second, each answered one followed by the next."""
    calls = CALLS * 2
    before = time.perf_counter()
    for each in clients:
        each.ask()
    for number in range(calls):
        each = clients[number % len(clients)]
        each.await_answer()
        if number + len(clients) < calls:
            each.ask()
    return calls / (time.perf_counter() - before)


def _rate_of_loop(loop: Loop) -> float:
    before = time.perf_counter()
    loop.sign(CALLS * 2)
    return CALLS * 2 / (time.perf_counter() - before)
