"""From the start to ready, and to the first signature: each contender in turn, a new process each time."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from functools import partial

from tests.bench.figures import Figures, Rounds
from tests.bench.place import Place
from tests.bench.references import running
from tests.bench.references.installing import Missing
from tests.bench.references.webstart import WebStart, web_start
from tests.bench.signing import TOLD_AS

ROUNDS = 8
OURS = "the daemon"
READY, FIRST = f"start to ready: {OURS}", f"start to first signature: {OURS}"
WEB_START = "the applet's stand-in by Web Start"


async def starting(place: Place) -> list[Figures]:
    """Milliseconds. The person's time at the daemon's window is taken out."""
    ready, first = Rounds("ms"), Rounds("ms")
    with ExitStack() as undo:
        applet = prepared_applet(place, undo)
        contenders = {name: partial(_server, place, name) for name in running.SERVERS}
        absent: set[str] = set()
        for _ in range(ROUNDS):
            took = _daemon(place)
            ready.add(OURS, [took[0]])
            first.add(OURS, [took[1]])
            for name, started in contenders.items():
                if name in absent:
                    continue
                try:
                    took = started()
                except Missing as missing:
                    place.tell(f"left out: {name}: {missing}")
                    absent.add(name)
                    continue
                ready.add(name, [took[0]])
                first.add(name, [took[1]])
            if applet is not None:
                first.add(WEB_START, [_applet(applet)])
    return _told(ready, "start to ready", "aiohttp") + _told(first, "start to first signature", WEB_START)


def _told(rounds: Rounds, what: str, against: str) -> list[Figures]:
    names = [name for name in (*running.SERVERS, WEB_START) if name in rounds]
    against = against if against in rounds else "Java"
    reference = rounds.figures(against, told_as=f"{what}: {TOLD_AS.get(against, against)}")
    others = [
        rounds.figures(name, reference, told_as=f"{what}: {TOLD_AS.get(name, name)}")
        for name in names
        if name != against
    ]
    return [reference, rounds.figures(OURS, reference, told_as=f"{what}: {OURS}"), *others]


def _daemon(place: Place) -> tuple[float, float]:
    place.person.rests()  # the request follows the start at once
    with place.daemon() as daemon:
        connecting = time.perf_counter()
        with daemon.wire() as wire:
            signed_s = time.perf_counter() - connecting + place.log_in(wire)
        return daemon.ready_s * 1000, (daemon.ready_s + signed_s) * 1000


def _server(place: Place, name: str) -> tuple[float, float]:
    with running.server(name, place.token) as server:
        connecting = time.perf_counter()
        client = server.client()
        client.ask()
        client.await_answer()
        signed_s = time.perf_counter() - connecting
        client.close()
        return server.ready_s * 1000, (server.ready_s + signed_s) * 1000


def _applet(applet: WebStart) -> float:
    before = time.perf_counter()
    with applet.started():
        return (time.perf_counter() - before) * 1000


def prepared_applet(place: Place, undo: ExitStack) -> WebStart | None:
    """Run once beforehand: a page's jar is in the cache of whoever comes back to it."""
    folder = place.new_folder(f"web-start-{secrets.token_hex(2)}")
    try:
        applet = undo.enter_context(web_start(folder, place.token.module, place.token.pin, place.token.env))
        _applet(applet)
    except (Missing, TimeoutError) as error:
        place.tell(f"left out: {WEB_START}: {error}; see {folder}")
        return None
    return applet
