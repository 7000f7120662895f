"""One daemon, alive from the beginning to the end, whatever dies around it."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from cardbridge_demo.process import stop
from tests.card.lab.daemon import Daemon
from tests.soak.crowd import Crowd
from tests.soak.desk import Desk
from tests.soak.ledger import LEFT, OK, Ledger
from tests.soak.measures import Sample, kind_of, sampled, strays
from tests.soak.violence import Violence
from tests.soak.work import Work

_SAMPLES = 16
_REST_S, _STEADY_S = 90.0, 10.0
_FLOOD_S = 3.0
_BETWEEN_STEPS_S, _BETWEEN_FLOODS_S, _BETWEEN_STRIKES_S = 0.05, 15.0, 12.0


class Turns:
    """Does a step again and again, in a task; between two steps others can have it quiet.

    `pause_s` gives the pause before each step.
    """

    def __init__(self, step: Callable[[], Awaitable[None]], pause_s: Callable[[], float]) -> None:
        self.quiet = asyncio.Lock()
        self._step, self._pause_s = step, pause_s
        self.task = asyncio.get_running_loop().create_task(self._go())

    async def _go(self) -> None:
        while True:
            await asyncio.sleep(self._pause_s())
            async with self.quiet:
                await self._step()


class Living:
    """The run, and what it has found so far."""

    def __init__(self, office: Desk, seed: int) -> None:
        self.ledger = Ledger()
        self.samples: list[Sample] = []
        self.kills: Counter[str] = Counter()
        self.recorded: Counter[tuple[str, str]] = Counter()
        self._desk, self._seed = office, seed

    def _random(self, whose: str) -> random.Random:
        """Each has its own: what one does next does not depend on how fast the others are."""
        return random.Random(f"{self._seed} {whose}")  # noqa: S311 - so that a run can be had again

    async def run(self, seconds: float) -> None:
        with self._desk.daemon() as daemon:
            pauses = self._random("pauses")
            violence = Violence(self._desk, daemon, self.ledger, self._random("violence"))
            crowd = Crowd(_port(daemon), self.ledger, self._random("crowd"))
            self.kills = violence.kills
            await asyncio.to_thread(crowd.warm_up, _FLOOD_S)
            turns = [
                Turns(partial(asyncio.to_thread, crowd.step), lambda: _BETWEEN_STEPS_S),
                Turns(partial(asyncio.to_thread, crowd.flood, _FLOOD_S), lambda: _BETWEEN_FLOODS_S),
                Turns(violence.strike, lambda: pauses.expovariate(1 / _BETWEEN_STRIKES_S)),
            ]
            try:
                await self._work(daemon, turns, seconds)
            finally:
                await _end(turns)
            self.ledger.faults += [repr(turn.task.exception()) for turn in turns if not turn.task.cancelled()]
            if daemon.process.poll() is not None:
                self.ledger.fault(f"the daemon has ended: {daemon.process.returncode}")
            elif (code := await asyncio.to_thread(stop, daemon.process)) != 0:
                self.ledger.fault(f"SIGTERM: exit code {code}")
        self._look_afterwards()

    async def _work(self, daemon: Daemon, turns: list[Turns], seconds: float) -> None:
        work = Work(self._desk, daemon.url, self.ledger, self._random("work"))
        began = time.monotonic()
        for number in range(1, _SAMPLES + 1):
            while time.monotonic() - began < seconds * number / _SAMPLES:
                await work.step()
            await self._rest(daemon, turns)
            if daemon.process.poll() is not None:
                return

    async def _rest(self, daemon: Daemon, turns: list[Turns]) -> None:
        """When nobody asks for anything any more, and what was started for it has gone: a sample."""
        async with AsyncExitStack() as undo:
            for turn in turns:
                await undo.enter_async_context(turn.quiet)
            pid, deadline = daemon.process.pid, time.monotonic() + _REST_S
            while not (is_calm := _is_calm(daemon)) and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            sample, since = sampled(pid, self.ledger.operations), time.monotonic()
            while time.monotonic() < deadline and not self._is_at_rest(sample, since):
                await asyncio.sleep(1)
                before, sample = sample, sampled(pid, self.ledger.operations)
                since = since if sample.files == before.files else time.monotonic()
            self.samples.append(sample)
            sys.stderr.write(f"{sample}\n")
            kinds = [kind_of(child) for child in daemon.children()]
            if not is_calm:
                self.ledger.fault(f"children at rest: {kinds} instead of the tray's")
            if left := strays(pid):
                self.ledger.fault(f"orphans: {left}")

    def _is_at_rest(self, sample: Sample, since: float) -> bool:
        """The last connections have gone: as few files as ever at rest, or for the first time the same for
        long; what a leak holds open stays open, and the sample is taken as it is after `_REST_S`."""
        if not self.samples:
            return time.monotonic() - since > _STEADY_S
        return sample.files <= min(each.files for each in self.samples)

    def _look_afterwards(self) -> None:
        if left := strays(None):
            self.ledger.fault(f"orphans after the end: {left}")
        if (file := self._desk.state / "runtime.json").exists():
            self.ledger.fault(f"{file.name} is left")
        for fault in self._desk.damage():
            self.ledger.fault(fault)
        self.recorded = Counter((record.what, record.result) for record in self._desk.audit().records)
        skipped = sum(record.skipped for record in self._desk.audit().records)
        for method, what in (("auth.getToken", "authenticate"), ("sign.documents", "sign")):
            least = self.ledger.outcomes[method, OK]
            # Of a page that left, and of a session's many logins, the number is not known exactly.
            most = least + self.ledger.outcomes[method, LEFT]
            if not least - skipped <= self.recorded[what, OK] <= most:
                told = f"{self.recorded[what, OK]} in the audit log, {skipped} counted as left out"
                self.ledger.fault(f"{method}: {least} done, {told}")


def _is_calm(daemon: Daemon) -> bool:
    return [kind_of(child) for child in daemon.children()] == ["tray"]


def _port(daemon: Daemon) -> int:
    return int(daemon.url.rpartition("/v1")[0].rpartition(":")[2])


async def _end(turns: list[Turns]) -> None:
    """Each after its step: what was taken away is there again."""
    for turn in turns:
        async with turn.quiet:
            turn.task.cancel()
    await asyncio.wait([turn.task for turn in turns])
