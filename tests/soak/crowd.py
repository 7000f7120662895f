"""Whoever else connects: pages that come and go, some allowed, some not, and peers that talk rubbish."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress

from tests.soak.ledger import Ledger
from tests.unit.server.floods import FLOODS, flooded
from tests.unit.server.wire import (
    CONTINUATION,
    FOREIGN_ORIGIN,
    ORIGIN,
    OTHER_ORIGIN,
    Ended,
    Wire,
    connected,
    frame,
    opening,
    request,
)

_GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.0\r\n\r\n",
    b"POST /v1 HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}",
    b"\0" * 64,
    b"GET /v1 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
)
_NOT_REQUESTS = ("", "[]", "{", "[1]", '{"jsonrpc": "1.0"}', "null", '"\\ud800"', "{" * 500)
_REFUSED = 4403


class Crowd:
    """Each call is a few connections; all blocking, for a thread of its own. `port` is the daemon's."""

    def __init__(self, port: int, ledger: Ledger, rng: random.Random) -> None:
        self._port, self._ledger, self._rng = port, ledger, rng
        self._kinds: tuple[tuple[Callable[[], None], int], ...] = (
            (self._asks, 30), (self._refused, 20), (self._half_open, 10), (self._garbage, 15),
            (self._nonsense, 15), (self._vanishes, 10), (self._pipelines, 10),
        )  # fmt: skip

    def step(self) -> None:
        """One thing that one of them does."""
        kinds, weights = zip(*self._kinds, strict=True)
        do = self._rng.choices(kinds, weights)[0]
        for _ in range(self._rng.randint(1, 12)):
            try:
                do()
            except (Ended, OSError, AssertionError) as error:
                self._ledger.fault(f"{do.__name__}: {error!r}")

    def warm_up(self, seconds: float) -> None:
        """Every kind of flood once: what the daemon will ever hold at one time, it has held then."""
        for name in FLOODS:
            self.flood(seconds, name)

    def flood(self, seconds: float, name: str = "") -> None:
        """One of the kinds of flood, for so long; somebody else is answered meanwhile."""
        name = name or self._rng.choice(sorted(FLOODS))
        with flooded(name, self._port):
            ends_at = time.monotonic() + seconds
            while time.monotonic() < ends_at:
                try:
                    self._asks()
                except (Ended, OSError, AssertionError):
                    self._ledger.note("connection", "turned away in a flood")
        self._ledger.note("flood", name)

    def _asks(self) -> None:
        with connected(self._port, ORIGIN) as wire:
            for number in range(self._rng.randint(1, 5)):
                response = wire.call(self._rng.choice(("bridge.info", "readers.list")), id=number)
                self._ledger.answered("of the crowd", response)
        self._ledger.note("connection", "allowed")

    def _refused(self) -> None:
        origin = f"https://evil-{self._rng.randint(0, 9999)}.example"
        with Wire(self._port) as wire:
            wire.upgrade({"Origin": self._rng.choice((FOREIGN_ORIGIN, origin))})
            if (code := wire.closing()) != _REFUSED:
                self._ledger.fault(f"a site that is not allowed was closed with {code}")
        self._ledger.note("connection", "refused (4403)")

    def _half_open(self) -> None:
        head = opening(self._port, {"Origin": ORIGIN})
        with Wire(self._port) as wire:
            wire.send(head[: self._rng.randrange(len(head))])
        self._ledger.note("connection", "half open")

    def _garbage(self) -> None:
        with Wire(self._port) as wire:
            with suppress(OSError):
                wire.send(self._rng.choice(_GARBAGE) + self._rng.randbytes(self._rng.randrange(200)))
            if self._rng.random() < 0.5:
                wire.socket.shutdown(1)
                if b"101 Switching" in wire.read_to_end():
                    self._ledger.fault("garbage was let in")
        self._ledger.note("connection", "garbage")

    def _nonsense(self) -> None:
        """An allowed page that breaks the rules of the messages, then of the frames."""
        with connected(self._port, OTHER_ORIGIN) as wire:
            for text in self._rng.sample(_NOT_REQUESTS, 3):
                response = wire.exchange(text)
                self._ledger.answered("nonsense", response)
            wire.send(self._rng.choice((frame("x", is_masked=False), frame("x", CONTINUATION))))
            wire.read_to_end()
        self._ledger.note("connection", "broken frames")

    def _vanishes(self) -> None:
        """Gone in the middle of a frame, or with requests on their way."""
        with connected(self._port, OTHER_ORIGIN) as wire:
            for number in range(5):
                wire.say(request("readers.list", number))
            wire.send(frame(request("bridge.info"))[: self._rng.randint(1, 20)])
        self._ledger.note("connection", "vanished")

    def _pipelines(self) -> None:
        """Many requests at once: as many answers."""
        count = self._rng.randint(2, 16)
        with connected(self._port, ORIGIN) as wire:
            wire.send(b"".join(frame(request("bridge.info", number)) for number in range(count)))
            got = [wire.read_message() for _ in range(count)]
            wire.say(request("bridge.info", count))
            got.append(wire.read_message())
        if sorted(json.dumps(each["id"]) for each in got) != sorted(map(json.dumps, range(count + 1))):
            self._ledger.fault(f"{count} requests at once, and other answers: {got}")
        for each in got:
            self._ledger.answered("of the crowd", each)
        self._ledger.note("connection", "pipelined")
