"""The worker that waits for a request: bounded, without a module, one at most, and not for long."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import pytest

from bridge import readiness
from bridge.core import errors
from bridge.core.settings import DriverSettings
from bridge.pkcs11 import architecture, earlyworker, wire
from bridge.pkcs11.client import WorkerClient
from bridge.pkcs11.earlyworker import EarlyWorker, ReadyWorker, is_waiting, spawned
from bridge.pkcs11.tokens import Pkcs11Tokens
from cardbridge_demo import softhsm
from tests.bench.token import soft_token
from tests.card.workplace import is_alive, until_gone
from tests.memory import descendants

pytestmark = [
    pytest.mark.softhsm,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
GENEROUS_S = 60


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DriverSettings:
    token = soft_token(tmp_path / "soft")
    for name, value in token.env.items():
        monkeypatch.setenv(name, value)
    return DriverSettings(name="SoftHSM2", path=str(token.module))


@asynccontextmanager
async def tokens(*drivers: DriverSettings) -> AsyncIterator[Pkcs11Tokens]:
    made = Pkcs11Tokens(lambda: drivers, no_reset)
    try:
        yield made
    finally:
        await made.end()
        await made.close()


async def no_reset(_: object) -> None:
    raise AssertionError("no card to reset")


def workers() -> list[int]:
    """All of them, whether they wait or work."""
    return [pid for pid in descendants(os.getpid()) if b"bridge.pkcs11.worker" in command(pid)]


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def waits(pid: int) -> bool:
    return is_waiting(Path(f"/proc/{pid}"))


async def until(check: Callable[[], object]) -> None:
    async with asyncio.timeout(GENEROUS_S):
        while not check():  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.01)


async def the_waiting_one() -> int:
    await until(lambda: any(map(waits, workers())))
    (pid,) = workers()
    return pid


def text(pid: int, file: str) -> str:
    return Path(f"/proc/{pid}/{file}").read_text()


def sockets(pid: int) -> list[str]:
    links = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
    return [link for link in links if link.startswith("socket:")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into such a process")
async def test_it_has_its_bounds_and_no_module(driver: DriverSettings) -> None:
    """Nothing of a vendor's is mapped, no PC/SC library, and the only socket is the daemon's."""
    async with tokens(driver) as access:
        access.prepare()
        pid = await the_waiting_one()
        await until(lambda: "_pkcs11" in text(pid, "maps") and "Seccomp:\t2" in text(pid, "status"))
        maps = text(pid, "maps")
        assert "pcsc" not in maps and "softhsm" not in maps and Path(driver.path).name not in maps
        assert "NoNewPrivs:\t1" in text(pid, "status")
        assert len(sockets(pid)) == 1
        assert driver.path.encode() not in command(pid) and driver.name.encode() not in command(pid)
        survey = await access.survey()
        assert survey.tokens and Path(driver.path).name in text(pid, "maps")


async def test_a_request_has_it_and_nobody_has_it_again(driver: DriverSettings) -> None:
    async with tokens(driver) as access:
        access.prepare()
        access.prepare()
        pid = await the_waiting_one()
        assert (await access.survey()).tokens
        assert workers() == [pid] and not waits(pid)
        access.prepare()
        assert workers() == [pid], "another one while a request has its own"
        await access.end()
        assert not is_alive(pid), "it served one request"
        access.prepare()
        assert await the_waiting_one() != pid
    assert workers() == []


async def test_it_goes_when_nobody_asks(driver: DriverSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "KEPT_S", 0.0)
    async with tokens(driver) as access:
        access.prepare()
        (early,) = [access._ready.waiting]
        assert early is not None
        await early.settled()
        assert early.process is not None
        await asyncio.to_thread(until_gone, early.process.pid)
        assert access._ready.waiting is None


async def test_however_often_pages_come(driver: DriverSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where each one dies at once, or is taken."""
    started: list[str] = []

    def none(*_: object) -> NoReturn:
        started.append("one")
        raise OSError

    monkeypatch.setattr(earlyworker, "spawned", none)
    monkeypatch.setattr(earlyworker, "EACH_S", 3600.0)
    ready = ReadyWorker(lambda: (driver,))
    for _ in range(50):
        ready.prepare()
        if ready.waiting is not None:
            await ready.waiting.settled()
    await ready.end()
    assert len(started) == earlyworker.AT_ONCE


def other_kinds(driver: DriverSettings, folder: Path) -> Iterator[tuple[str, DriverSettings]]:
    yield "free", DriverSettings(name="free", path=driver.path, confined=False)
    yield "not there", DriverSettings(name="gone", path=str(folder / "gone.so"))


async def test_for_no_module_that_it_could_not_load(
    driver: DriverSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of the bounds, or not there: none is started, and one that waits is not used and goes."""
    for what, other in other_kinds(driver, tmp_path):
        async with tokens(other) as access:
            access.prepare()
            assert access._ready.waiting is not None
            await access._ready.waiting.settled()
            assert workers() == [], what
    other = DriverSettings(name="free", path=driver.path, confined=False)
    drivers = [driver]
    access = Pkcs11Tokens(lambda: tuple(drivers), no_reset)
    access.prepare()
    pid = await the_waiting_one()
    drivers[:] = [other]
    assert (await access.survey()).tokens
    (its_own,) = [each for each in workers() if each != pid]
    assert b"free" in command(its_own).split(b"\0")
    await asyncio.to_thread(until_gone, pid)
    await access.end()


async def test_the_file_is_of_32_bits_by_now(driver: DriverSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What decides is the file as it is when it is to be loaded."""
    early = EarlyWorker((driver,))
    await early.settled()
    assert early.process is not None
    pid = early.process.pid

    def missing(_: DriverSettings) -> NoReturn:
        raise errors.Worker32Missing(driver="SoftHSM2")

    monkeypatch.setattr(architecture, "interpreter", missing)
    worker = WorkerClient(driver, early=early)
    with pytest.raises(errors.Worker32Missing):
        await worker.inspect()
    assert waits(pid)
    await worker.end()
    assert not is_alive(pid)


async def test_one_that_has_died_is_replaced(driver: DriverSettings) -> None:
    early = EarlyWorker((driver,))
    await early.settled()
    assert early.process is not None
    early.process.kill()
    early.process.wait()
    worker = WorkerClient(driver, early=early)
    assert (await worker.inspect()).tokens
    await worker.end()
    assert workers() == []


def talking() -> tuple[subprocess.Popen[bytes], Connection]:
    return spawned("confined", "waiting")


def test_it_ends_with_the_daemon_and_takes_one_order() -> None:
    process, daemon = talking()
    daemon.close()
    assert process.wait(GENEROUS_S) == 0
    process, daemon = talking()
    daemon.send_bytes(wire.encode(wire.Inspect()))
    assert process.wait(GENEROUS_S) == 1, "no module was named"
    daemon.close()
    process, daemon = talking()
    order = wire.encode(wire.Load(path=str(softhsm.module()), driver="SoftHSM2"))
    for _ in range(2):
        daemon.send_bytes(order)
    refused = wire.decode_reply(daemon.recv_bytes(wire.MAX_REPLY_BYTES))
    assert isinstance(refused, wire.Failed) and refused.reason == "internalError"
    daemon.close()
    assert process.wait(GENEROUS_S) == 0
