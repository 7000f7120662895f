"""What a daemon costs that has nothing to do, with a page connected that watches the readers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.core.desktop import TrayState
from bridge.ui.tray.process import Tray
from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.card.workplace import ORIGIN, Workplace, children_of
from tests.desktop.panel import panel, trayer
from tests.e2e.contract_client import connected

IDLE_S = 20
_SETTLE_S = 3


async def idle(place: Place) -> list[Figures]:
    """CPU in 20 s, and PSS: of the daemon alone, then with its icon by each backend."""
    workplace = place.workplace
    alone = await _measured(workplace)
    figures = [
        Figures(what=f"idle CPU in {IDLE_S} s", unit="ms", samples=(alone.cpu_ms,)),
        Figures(what="idle PSS, no tray, no worker", unit="MiB", samples=(alone.pss_mib,)),
    ]
    with panel() as desk:
        figures += _figures("a panel's menu (AppIndicator)", await _measured(workplace, env=desk.env))
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    with trayer(workplace.screen):
        figures += _figures("a menu of its own (GTK, XEMBED)", await _measured(workplace, env=nowhere))
    with trayer(workplace.screen):
        figures += _figures("no menu (Xorg)", await _measured_xorg(workplace))
    return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """Of the daemon and its tray together; `tray_mib` is the tray's part."""

    cpu_ms: float
    pss_mib: float
    tray_mib: float = 0.0


def _figures(what: str, cost: _Cost) -> list[Figures]:
    return [
        Figures(what=f"idle CPU in {IDLE_S} s, tray with {what}", unit="ms", samples=(cost.cpu_ms,)),
        Figures(what=f"idle PSS, tray with {what}", unit="MiB", samples=(cost.pss_mib,)),
        Figures(what="of it, the tray's process", unit="MiB", samples=(cost.tray_mib,)),
    ]


async def _measured(workplace: Workplace, env: Mapping[str, str] | None = None) -> _Cost:
    with workplace.daemon(env=env, has_tray=env is not None) as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            await client.call("readers.watch")
            await asyncio.sleep(_SETTLE_S)
            trays = daemon.children("bridge/ui/tray/boot.py") + daemon.children("bridge.ui.tray.child")
            assert len(trays) == (env is not None), "no tray came"
            used = await _cpu_ms_of(daemon.pid, *trays)
            tray = sum(map(pss_mib, trays))
            return _Cost(cpu_ms=used, pss_mib=pss_mib(daemon.pid) + tray, tray_mib=tray)


async def _measured_xorg(workplace: Workplace) -> _Cost:
    """Where gi is missing: the tray of the tests' own process stands for the daemon's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.ui.tray.process.candidates", lambda: [(None, "xorg")])
        patch.setenv("DISPLAY", workplace.screen.display)
        tray = Tray(TrayState(icon="card", title="", menu=()), lambda _: None)
        keeping = asyncio.get_running_loop().create_task(tray.keep())
        await tray.settled()
        await asyncio.sleep(_SETTLE_S)
        (pid,) = children_of(os.getpid(), "bridge.ui.tray.child")
        used, memory = await _cpu_ms_of(pid), pss_mib(pid)
        keeping.cancel()
        await asyncio.wait([keeping])
    alone = await _measured(workplace)
    return _Cost(cpu_ms=used + alone.cpu_ms, pss_mib=memory + alone.pss_mib, tray_mib=memory)


async def _cpu_ms_of(*pids: int) -> float:
    """What these processes use in `IDLE_S`: user and system time, by the scheduler's own nanoseconds."""
    before = _by_thread(*pids)
    await asyncio.sleep(IDLE_S)
    return sum(time - before.get(thread, 0) for thread, time in _by_thread(*pids).items()) / 1e6


def _by_thread(*pids: int) -> dict[str, int]:
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return {task.name: int((task / "schedstat").read_text().split()[0]) for task in tasks}


def pss_mib(pid: int) -> float:
    """The proportional set size of one process (proc(5), smaps_rollup)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kib / 1024
