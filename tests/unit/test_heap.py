"""What use has freed is given back while pages stay connected: once, when nobody waits for anything."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge import heap
from bridge.heap import FreedMemory
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import configuration, eventually, started
from tests.unit.server.wire import Wire, connected

_ARENA = 64 * 1024 * 1024
_LITTERED = """
import gc, sys, weakref
from pathlib import Path
from bridge.cli import main

class Node: pass

def freeze_and_litter():
    freeze()
    gc.disable()
    node = Node()
    node.itself = node
    weakref.finalize(node, note)

def note():
    Path(file).write_text(Path("/proc/self/maps").read_text() + "# end")

file, freeze, gc.freeze = sys.argv.pop(1), gc.freeze, freeze_and_litter
sys.exit(main())
"""
"""A daemon with a cycle that only `heap.give_back` can end; then the file gets the daemon's mappings."""


def leaves(page: Wire) -> None:
    with connected(page.port):
        pass


def asks_for_a_card(page: Wire) -> None:
    answer = page.call("certificates.choose", {"purpose": "authentication"})
    assert answer["error"]["data"]["reason"] == "driverNotFound"


@pytest.mark.parametrize("use", [leaves, asks_for_a_card])
def test_after_use_garbage_goes_though_a_page_stays(tmp_path: Path, use: Callable[[Wire], None]) -> None:
    port = free_ports(1)
    configuration(tmp_path, (port, port))
    file = tmp_path / "collected"
    program = (sys.executable, "-c", _LITTERED, str(file))
    with started(tmp_path, program=program) as daemon, connected(daemon.port) as page:
        page.call("bridge.info")
        assert not file.exists()
        use(page)

        def is_collected() -> None:
            assert file.read_text().endswith("# end")

        eventually(is_collected)
        page.call("bridge.info")
        assert arenas_of_threads(file.read_text()) == []


def arenas_of_threads(maps: str) -> list[str]:
    """Each has a reservation of 64 MiB (malloc/arena.c, HEAP_MAX_SIZE), most of it not in use yet."""
    found = []
    for line in maps.splitlines()[:-1]:
        begin, end = (int(each, 16) for each in line.split()[0].split("-"))
        if "---p" in line and end % _ARENA == 0 and _ARENA // 2 < end - begin < _ARENA:
            found.append(line)
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks glibc")
def test_free_pages_below_one_that_is_used_go_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HOLLOW], capture_output=True, text=True, check=True, timeout=60
    )
    before, after = map(int, done.stdout.split())
    assert before - after > 32 * 1024, (before, after)


_HOLLOW = """
from pathlib import Path
from bridge.heap import give_back

def used_kib():
    return int(Path("/proc/self/smaps_rollup").read_text().partition("Private_Dirty:")[2].split()[0])

blocks = [bytearray(2000) for _ in range(32 * 1024)]
del blocks[:-1]
before = used_kib()
give_back()
print(before, used_kib())
"""


class Given:
    """How often memory was given back; how many timers the loop was given, and how many were due."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.times = self.timers = self.due = 0
        loop = asyncio.get_running_loop()
        call_at = loop.call_at

        def noted(when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
            def is_due() -> None:
                callback()
                self.due += 1

            self.timers += 1
            return call_at(when, is_due)

        patch.setattr(loop, "call_at", noted)
        patch.setattr(heap, "QUIET_S", 0.01)
        patch.setattr(heap, "give_back", self._give_back)

    def _give_back(self) -> None:
        self.times += 1

    async def until_no_timer(self) -> None:
        """A daemon at rest has none."""
        while self.due < self.timers:
            await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.001)


async def test_once_for_much_use_and_then_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Given(monkeypatch)
    freed = FreedMemory(lambda: False)
    for _ in range(1000):
        freed.used()
    assert given.timers == 1 and given.times == 0
    await given.until_no_timer()
    assert given.times == 1
    freed.used()
    await given.until_no_timer()
    assert given.times == 2


async def test_not_while_somebody_waits_for_something(monkeypatch: pytest.MonkeyPatch) -> None:
    given, is_busy = Given(monkeypatch), True
    freed = FreedMemory(lambda: is_busy)
    freed.used()
    await given.until_no_timer()
    assert given.times == 0
    is_busy = False
    freed.used()
    await given.until_no_timer()
    assert given.times == 1
