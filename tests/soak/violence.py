"""What dies at random moments: children of the daemon, PC/SC, a card out of its reader."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter

from tests.card.lab.daemon import Daemon
from tests.soak.desk import Desk
from tests.soak.ledger import Ledger
from tests.soak.measures import kind_of

_TRAY_EVERY_S = 75.0
"""An icon that dies more often than each minute, nine times in a row, is not started any more."""
_RARE = {"preview": 6.0, "signing": 6.0, "worker": 2.0, "dialog": 1.0, "tray": 1.0, "reset": 1.0}


class Violence:
    """kill -9 for whatever child is there, and removals; `strike` is one act of it."""

    def __init__(self, desk: Desk, daemon: Daemon, ledger: Ledger, rng: random.Random) -> None:
        self._desk, self._daemon, self._ledger, self._rng = desk, daemon, ledger, rng
        self.kills: Counter[str] = Counter()
        self._tray_at = time.monotonic()

    async def strike(self) -> None:
        act = self._rng.choices((self._kill, self._remove, self._restart), (80, 14, 6))[0]
        await act()

    async def _kill(self) -> None:
        """For short-lived ones it looks often, and strikes within the first second that there is one."""
        ends_at = asyncio.get_running_loop().time() + 3
        while asyncio.get_running_loop().time() < ends_at:
            kinds = {pid: kind_of(pid) or "" for pid in self._daemon.children()}
            may = {pid: kind for pid, kind in kinds.items() if kind != "tray" or self._may_tray()}
            if may:
                weights = [_RARE.get(kind, 1.0) for kind in may.values()]
                self._kill_one(*self._rng.choices(list(may.items()), weights)[0])
                return
            await asyncio.sleep(self._rng.random() / 4)

    def _may_tray(self) -> bool:
        return time.monotonic() - self._tray_at > _TRAY_EVERY_S

    def _kill_one(self, pid: int, kind: str) -> None:
        if not kind:  # between its fork and its program
            return
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        if kind == "tray":
            self._tray_at = time.monotonic()
        self.kills[kind] += 1

    async def _remove(self) -> None:
        await asyncio.to_thread(self._desk.cards.control, "remove")
        self._ledger.note("card", "removed")
        await asyncio.sleep(self._rng.random() * 3)
        await self._desk.reinsert()
        self._ledger.note("card", "inserted")

    async def _restart(self) -> None:
        pcscd = self._desk.cards.pcscd
        await asyncio.to_thread(pcscd.kill)
        self.kills["pcscd"] += 1
        await asyncio.sleep(self._rng.random() * 2)
        await asyncio.to_thread(pcscd.start)
        await asyncio.to_thread(self._desk.cards.wait_for_cards, [True])
