"""The memory of certificates' ends: from what a worker saw to what is said, over restarts and bad files."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridge import expiry
from bridge.core.ports import Survey
from bridge.expiry import CertificateMemory
from bridge.methods.candidates import survey_cards
from bridge.methods.dialogue import dialogue
from bridge.paths import write_private
from tests.unit.certificates import certificate
from tests.unit.methods.fakes import Place
from tests.unit.tokens import placed, survey

END = datetime(2027, 3, 31, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.time = now

    def monotonic(self) -> float:
        raise AssertionError("the loop's clock does")

    def now(self) -> datetime:
        return self.time


class User:
    """Hears what is announced, or cannot be reached."""

    def __init__(self) -> None:
        self.heard: list[datetime] = []
        self.can_hear = True
        self.told = asyncio.Event()

    async def announce(self, end: datetime) -> bool:
        if self.can_hear:
            self.heard.append(end)
        self.told.set()
        return self.can_hear

    async def hears(self) -> None:
        async with asyncio.timeout(20):
            await self.told.wait()
        self.told.clear()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def cards(file: Path) -> list[object]:
    found: list[object] = json.loads(file.read_bytes())["cards"]
    return found


def card(end: datetime = END, serial: int = 1) -> Survey:
    return survey(placed([certificate(valid=(END - 800 * DAY, end), serial=serial)]))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "certificates.json"


async def spin(memory: CertificateMemory, user: User) -> None:
    """Let it do what is due, and end it."""
    task = asyncio.get_running_loop().create_task(memory.keep(user.announce))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def test_what_a_worker_has_seen_is_said_once_and_kept(file: Path) -> None:
    clock, user = Clock(END - 14 * DAY), User()
    memory = CertificateMemory(file, clock)
    assert memory.ends() == ()
    told: list[int] = []
    memory.watchers.append(lambda: told.append(1))
    memory.saw(card())
    assert memory.ends() == (END,) and told
    await spin(memory, user)
    assert user.heard == [END]
    assert mode(file) == 0o600
    again = CertificateMemory(file, clock)
    again.saw(card())
    await spin(again, user)
    assert user.heard == [END] and again.ends() == (END,)
    clock.time = END - 3 * DAY
    await spin(again, user)
    assert user.heard == [END, END]


async def test_what_nobody_could_see_is_said_later(file: Path) -> None:
    user = User()
    user.can_hear = False
    memory = CertificateMemory(file, Clock(END - 14 * DAY))
    memory.saw(card())
    await spin(memory, user)
    assert user.heard == [] and user.told.is_set()
    user.can_hear = True
    await spin(memory, user)
    assert user.heard == [END]


async def test_the_timer_is_set_to_the_next_thing_and_sleeps_are_noticed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, user = Clock(END - 31 * DAY), User()
    memory = CertificateMemory(file, clock)
    assert memory._sleep_s(True) is None, "no timer without a certificate"
    memory.saw(card())
    await spin(memory, user)
    assert user.heard == [END]
    assert memory._sleep_s(False) is None, "no timer where nothing is announced"
    nearest = memory._sleep_s(True)
    assert nearest is not None and 0 < nearest <= expiry._LONGEST_SLEEP_S
    clock.time = END - 30 * DAY - timedelta(seconds=5)
    assert memory._sleep_s(True) == pytest.approx(6)
    user.told.clear()
    task = asyncio.get_running_loop().create_task(memory.keep(user.announce))
    await asyncio.sleep(0)
    clock.time = END - 30 * DAY
    memory.look()
    await user.hears()
    assert user.heard == [END, END]
    task.cancel()
    await asyncio.wait([task])


async def test_a_timer_that_has_run_out_says_it(file: Path) -> None:
    clock, user = Clock(END - 30 * DAY - timedelta(seconds=1)), User()
    memory = CertificateMemory(file, clock)
    memory.saw(card())
    await spin(memory, user)
    user.told.clear()
    task = asyncio.get_running_loop().create_task(memory.keep(user.announce))
    await asyncio.sleep(0)
    clock.time = END - 30 * DAY
    await user.hears()
    assert user.heard == [END, END]
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'{"key": "zz", "cards": []}', b'{"cards": []}', b"\xff" * 100,
        b'{"key": "00", "cards": [{"id": "a", "holder": "b", "ends": "2027-01-01T00:00:00"}]}',
        b'{"key": "00", "cards": [{"id": "a", "holder": "b", "ends": "soon"}]}',
        b'{"key": "00", "cards": [{"id": "a", "holder": "b", "ends": "9999-12-31T23:59:59Z"}]}',
        b'{"key": "00", "x": ' + b"[" * 100000,
    ],
)  # fmt: skip
async def test_a_file_that_is_broken_is_begun_anew(file: Path, content: bytes) -> None:
    write_private(file, content)
    memory, user = CertificateMemory(file, Clock(END - 14 * DAY)), User()
    assert memory.ends() == ()
    memory.saw(card())
    await spin(memory, user)
    assert user.heard == [END]
    assert len(cards(file)) == 1


async def test_a_disk_that_refuses_ends_nothing(file: Path) -> None:
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("a file where the folder should be")
    memory, user = CertificateMemory(file, Clock(END - 14 * DAY)), User()
    memory.saw(card())
    await spin(memory, user)
    assert user.heard == [END] and memory.ends() == (END,)


async def test_any_request_that_looks_at_a_card_is_remembered(file: Path) -> None:
    """Nothing but what a worker sees anyway: no survey is made for it."""
    memory = CertificateMemory(file, Clock(END - 100 * DAY))
    place = Place(card())
    place.desk = replace(place.desk, seen=memory.saw)
    assert memory.ends() == ()
    call = place.call()
    async with dialogue(call, "authenticate") as window:
        await survey_cards(call, window)
    assert memory.ends() == (END,)
