"""Rest: a daemon that has been used, and has nothing left to do, becomes a fresh one (`bridge.handover`).

aiohttp and cryptography, loaded for the first page and the first signature, cannot be unloaded; a program
that is used a few times a day would carry them, and the heap that requests have left, until the evening.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Protocol

import msgspec

from bridge import handover, logs
from bridge.handover import HandedOn

_log = logging.getLogger(__name__)

QUIET_S = 60.0
"""So long nothing must have happened. A page that is left and opened again meets the same process."""

_LONGEST_S = 3600.0
_TURNS = 4
"""In so many turns of the event loop a connection that has been accepted gets its protocol (two), and a
signal that has arrived is handled (two)."""

_LOADED_BY_USE = ("aiohttp", "cryptography")


async def turns() -> None:
    """Let the event loop do what has come already."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Remains(msgspec.Struct, kw_only=True):
    """What keeps a daemon from resting; each is asked without waiting for anything.

    `telling`: what is there now, and calls `Rest.look` when it has gone. `settling`: what goes by itself.
    `forgotten_in_s`: seconds until counters and measures say what new ones would.
    """

    telling: tuple[Callable[[], bool], ...]
    settling: tuple[Callable[[], bool], ...]
    forgotten_in_s: tuple[Callable[[], float], ...]

    def is_told(self) -> bool:
        """Whether `Rest.look` will be called."""
        return any(each() for each in self.telling)

    def left_s(self, again_s: float) -> float:
        """How long to wait at least; 0: nothing is left."""
        waits = [max(0.0, each()) for each in self.forgotten_in_s]
        waits += [again_s for each in self.settling if each()]
        return max(waits, default=0.0)


class Door(Protocol):
    def pause(self) -> None:
        """Accept nobody: who connects waits."""

    async def resume(self) -> None:
        """Accept again."""


class Rest:
    """One timer, and none in a daemon that is fresh.

    Args:
        remains: what must be gone.
        may: whether the same program would start with the same settings, by a look at files; None: no rest.
        door: where connections are accepted.
        hand_on: gives what is handed on; this daemon's to use no more.
        stopped: ends the daemon; `handed` says then that it is to begin anew.
    """

    def __init__(
        self,
        remains: Remains,
        tasks: asyncio.TaskGroup,
        stopped: asyncio.Event,
        *,
        may: Callable[[], bool] | None,
        door: Door,
        hand_on: Callable[[], HandedOn],
    ) -> None:
        self._remains, self._tasks, self._stopped = remains, tasks, stopped
        self._may, self._door, self._hand_on = may, door, hand_on
        self._timer: asyncio.TimerHandle | None = None
        self._again_s = QUIET_S
        self._quiet_from = 0.0
        self.handed: HandedOn | None = None

    def look(self) -> None:
        """Something has happened: from now on it must be quiet. Costs a page's request next to nothing."""
        if self._may is None or self._remains.is_told():
            return
        self._again_s = QUIET_S
        self._quiet_from = asyncio.get_running_loop().time()
        if self._timer is not None and self._timer.when() <= self._quiet_from + QUIET_S:
            return  # it comes soon enough, and waits for the rest then: this may be each of many logins
        self.stop()
        if any(name in sys.modules for name in _LOADED_BY_USE):
            self._after(QUIET_S)

    def stop(self) -> None:
        """No rest any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _after(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._remains.is_told():
            return
        too_early_s = self._quiet_from + QUIET_S - asyncio.get_running_loop().time()
        if too_early_s > 0:
            self._after(too_early_s)
            return
        left_s = self._remains.left_s(self._again_s)
        if left_s > 0:
            self._again_s = min(2 * self._again_s, _LONGEST_S)
            self._after(left_s)
        elif self._may is not None and self._may():
            self._tasks.create_task(self._begin())
        else:
            _log.info("no rest: the program's files or its settings have changed since it was started")

    async def _begin(self) -> None:
        """Nobody is accepted and no signal is heard any more: both wait for the fresh program."""
        handover.hold_signals()
        self._door.pause()
        await turns()
        if self._stopped.is_set():
            handover.let_signals_through()
        elif self._remains.is_told() or self._remains.left_s(self._again_s) > 0:
            await self._door.resume()
            handover.let_signals_through()
            self.look()
        else:
            if left_out := logs.left_out():
                _log.info("%s more messages were left out of this log", left_out)
            self.handed = self._hand_on()
            self._stopped.set()
