"""What a daemon costs that has nothing to do, with a page connected that watches the readers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench.figures import Figures
from tests.card.workplace import ORIGIN, Workplace
from tests.e2e.contract_client import connected

IDLE_S = 20


async def idle(workplace: Workplace) -> list[Figures]:
    """CPU in 20 s, and PSS."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            await client.call("readers.watch")
            await asyncio.sleep(2)
            before = _cpu_ms(daemon.pid)
            await asyncio.sleep(IDLE_S)
            used, memory = _cpu_ms(daemon.pid) - before, pss_mib(daemon.pid)
    return [
        Figures(what=f"idle CPU in {IDLE_S} s", unit="ms", samples=(used,)),
        Figures(what="idle PSS, no tray, no worker", unit="MiB", samples=(memory,)),
    ]


def _cpu_ms(pid: int) -> float:
    """User and system time of all threads, by the scheduler's own nanoseconds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def pss_mib(pid: int) -> float:
    """The proportional set size of one process (proc(5), smaps_rollup)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kib / 1024
