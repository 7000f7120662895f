"""kill -9 of the daemon, and of what runs below it, at random moments: what is kept, and the next start."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from contextlib import suppress

from tests.card.lab.daemon import Daemon, signal_all, whole_family
from tests.e2e.contract_client import connected
from tests.soak.desk import EACH, Desk
from tests.soak.ledger import Ledger
from tests.soak.measures import kind_of, strays
from tests.soak.work import Work
from tests.unit.server.wire import Ended, Wire

_GONE_S = 75.0
"""A worker whose module hangs is ended by its own alarm after a minute (see ARCHITECTURE.md)."""
_AT_MOST_S = 12.0


class Killing:
    """The rounds; `killed` is what died, `moments` what the daemon was doing then."""

    def __init__(self, office: Desk, rng: random.Random) -> None:
        self.faults: list[str] = []
        self.killed: Counter[str] = Counter()
        self.moments: Counter[str] = Counter()
        self.rounds = 0
        self._desk, self._rng = office, rng

    async def run(self, seconds: float) -> None:
        """Rounds until the time is over, at least three."""
        configuration = (self._desk.folder / "config.toml").read_bytes()
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at or self.rounds < 3:
            await self._round()
            self.rounds += 1
            if (self._desk.folder / "config.toml").read_bytes() != configuration:
                self.faults.append("config.toml is another one")
            if self.faults:
                return
        with self._desk.daemon() as daemon:
            async with connected(daemon.url, EACH[0]) as client:
                if "result" not in await client.call("bridge.info"):
                    self.faults.append("the last start does not serve")

    async def _round(self) -> None:
        """Start, be busy, die; then nothing may be left over, and nothing be damaged."""
        await self._desk.reinsert()
        with self._desk.daemon() as daemon:
            loop = asyncio.get_running_loop()
            busy = [loop.create_task(each) for each in (self._asks(daemon), self._refusals(daemon))]
            await asyncio.sleep(self._rng.random() * _AT_MOST_S)
            self._strike(daemon)
            daemon.process.wait()
            await asyncio.wait(busy, timeout=_GONE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GONE_S):
                while strays(None):  # noqa: ASYNC110 - other processes set no event
                    await asyncio.sleep(0.2)
        left = strays(None)
        self.faults += [f"orphans: {left}"] if left else []
        self.faults += self._desk.damage()

    def _strike(self, daemon: Daemon) -> None:
        """The daemon alone, or some of its children in the same moment."""
        children = [pid for pid in whole_family(daemon.process.pid)[1:] if kind_of(pid)]
        kinds = sorted(str(kind_of(pid)) for pid in children)
        self.moments[", ".join(kinds) or "alone"] += 1
        also = self._rng.sample(children, self._rng.randint(0, len(children))) if children else []
        self.killed.update(["daemon", *(str(kind_of(pid)) for pid in also)])
        signal_all([daemon.process.pid, *also], signal.SIGKILL)

    async def _asks(self, daemon: Daemon) -> None:
        """A page with requests, and a person who types, until the connection is gone."""
        work = Work(self._desk, daemon.url, ledger := Ledger(), self._rng)
        with suppress(Exception):
            while True:
                await self._rng.choice((work.session, work.signature, work.token))()
        ledger.faults.clear()

    async def _refusals(self, daemon: Daemon) -> None:
        """Sites that are not allowed: the list of refused ones is written meanwhile."""
        port = int(daemon.url.rpartition("/v1")[0].rpartition(":")[2])
        with suppress(OSError, Ended):
            while True:
                await asyncio.to_thread(self._refusal, port)
                await asyncio.sleep(0.1)

    def _refusal(self, port: int) -> None:
        with Wire(port) as wire:
            wire.upgrade({"Origin": f"https://evil-{self._rng.randint(0, 9999)}.example"})
            wire.read_to_end()
