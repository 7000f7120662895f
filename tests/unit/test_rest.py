"""When a daemon may rest: what is left, how long it waits, and that there is no timer without a reason."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bridge import daemon, handover, logs, resting, wishes
from bridge.core.cancellations import WITHIN_S, Cancellations
from bridge.core.errors import RateLimited
from bridge.core.origin import Origin
from bridge.core.throttle import Throttle
from bridge.handover import HandedOn
from bridge.resting import Remains, Rest
from bridge.server.listener import Listener
from cardbridge_demo.ports import free_ports

HANDED = HandedOn(sockets=(10,))
SITE = Origin(scheme="https", host="portal.example.jp", port=443)


@dataclass
class Desk:
    """What is left, as the test likes; and the loop's timers."""

    is_connected: bool = False
    is_settling: bool = False
    forgotten_in_s: float = 0.0
    may: bool = True
    events: list[str] = field(default_factory=list)

    def pause(self) -> None:
        self.events.append("pause")

    async def resume(self) -> None:
        self.events.append("resume")

    def hand_on(self) -> HandedOn:
        self.events.append("hand on")
        return HANDED


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(resting, "QUIET_S", 0.02)
    monkeypatch.setattr(resting, "_LOADED_BY_USE", ("asyncio",))
    yield
    handover.let_signals_through()


@asynccontextmanager
async def rest(desk: Desk) -> AsyncIterator[tuple[Rest, asyncio.Event]]:
    stopped = asyncio.Event()
    remains = Remains(
        telling=(lambda: desk.is_connected,),
        settling=(lambda: desk.is_settling,),
        forgotten_in_s=(lambda: desk.forgotten_in_s,),
    )
    async with asyncio.TaskGroup() as tasks:
        found = Rest(remains, tasks, stopped, may=lambda: desk.may, door=desk, hand_on=desk.hand_on)
        yield found, stopped
        found.stop()


async def comes(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - timers are what is looked at
            await asyncio.sleep(0.005)


async def test_nothing_is_left() -> None:
    desk = Desk()
    async with rest(desk) as (found, stopped):
        found.look()
        await asyncio.wait_for(stopped.wait(), 10)
        assert found.handed == HANDED and desk.events == ["pause", "hand on"]
        assert handover.are_signals_held()


async def test_a_fresh_daemon_has_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "_LOADED_BY_USE", ("not.loaded",))
    async with rest(Desk()) as (found, _):
        found.look()
        assert found._timer is None


async def test_what_will_tell_is_waited_for_without_a_timer() -> None:
    desk = Desk(is_connected=True)
    async with rest(desk) as (found, stopped):
        found.look()
        assert found._timer is None
        found._due()
        assert found._timer is None
        desk.is_connected = False
        found.look()
        await asyncio.wait_for(stopped.wait(), 10)


async def test_what_settles_is_looked_at_ever_more_seldom() -> None:
    desk = Desk(is_settling=True)
    async with rest(desk) as (found, stopped):
        found.look()
        await comes(lambda: found._again_s >= 8 * resting.QUIET_S)
        assert desk.events == []
        desk.is_settling = False
        await asyncio.wait_for(stopped.wait(), 10)


async def test_a_measure_is_waited_for_as_long_as_it_takes() -> None:
    desk = Desk(forgotten_in_s=1234.0)
    async with rest(desk) as (found, _):
        loop = asyncio.get_running_loop()
        found._due()
        assert found._timer is not None and 1230 < found._timer.when() - loop.time() <= 1234


async def test_another_program_is_not_started() -> None:
    desk = Desk(may=False)
    async with rest(desk) as (found, stopped):
        found._due()
        await resting.turns()
        assert not stopped.is_set() and found._timer is None and desk.events == []


async def test_who_comes_at_the_last_moment_is_served() -> None:
    desk = Desk()
    async with rest(desk) as (found, stopped):
        found._due()
        desk.is_connected = True
        await comes(lambda: desk.events == ["pause", "resume"])
        assert found.handed is None and not stopped.is_set()
        await resting.turns()
        assert not handover.are_signals_held()


async def test_an_end_at_the_last_moment_is_an_end() -> None:
    async with rest(Desk()) as (found, stopped):
        found._due()
        stopped.set()
        await resting.turns()
        await resting.turns()
        assert found.handed is None and not handover.are_signals_held()


LEFT: dict[str, tuple[str, object]] = {
    "server": ("has_sockets", True),
    "server, a request that ends": ("has_pages", True),
    "lane": ("is_used", True),
    "sessions": ("is_open", True),
    "tokens": ("has_workers", True),
    "consent": ("has_process", True),
    "resets": ("has_any", True),
    "looking": ("is_under_way", True),
    "desktop": ("has_windows", True),
    "desktop, what was chosen": ("is_settled", False),
    "certificates": ("is_settled", False),
    "refused": ("is_written", False),
    "audit": ("is_written", False),
    "throttle": ("forgotten_in_s", lambda now: 1.0),
    "cancellations": ("forgotten_in_s", lambda now: 1.0),
    "unanswered": ("forgotten_in_s", lambda now: 1.0),
}
NOTHING = {"is_settled": True, "is_written": True, "forgotten_in_s": lambda now: 0.0}


@pytest.mark.parametrize("left", ["", *LEFT])
def test_whatever_is_left_keeps_it(left: str) -> None:
    """The daemon asks for each of them."""
    parts = {name.partition(",")[0]: SimpleNamespace() for name in LEFT}
    for name, (question, _) in LEFT.items():
        setattr(parts[name.partition(",")[0]], question, NOTHING.get(question, False))
    if left:
        question, answer = LEFT[left]
        setattr(parts[left.partition(",")[0]], question, answer)
    desk = SimpleNamespace(
        activity=SimpleNamespace(throttle=parts["throttle"]),
        clock=SimpleNamespace(monotonic=lambda: 0.0),
        **{name: parts[name] for name in ("lane", "sessions", "cancellations", "unanswered")},
    )
    processes = (parts[name] for name in ("tokens", "consent", "resets", "looking"))
    files = (parts[name] for name in ("certificates", "refused", "audit"))
    remains = daemon._remains(*cast(Any, (desk, parts["server"], parts["desktop"], processes, files)))
    assert (remains.is_told() or remains.left_s(60.0) > 0) == bool(left)


async def test_what_was_heard_too_late_is_heard_by_no_thread_that_is_still_ending() -> None:
    end, is_over = wishes.End(), threading.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, end.settings_next)
    still_there = threading.Thread(target=is_over.wait)
    still_there.start()  # its signals are not held
    try:
        handover.hold_signals()
        end.wish()
        end.settings_next()
        end.pass_on()
        await asyncio.sleep(0.05)  # the other's chance
        assert signal.sigpending() == {signal.SIGTERM, signal.SIGUSR1}
    finally:
        is_over.set()
        still_there.join()
        handover.let_signals_through()
        await resting.turns()


async def test_what_is_heard_in_the_turn_of_the_rest_is_heard_by_the_next() -> None:
    """By a thread that is just ending: between the rest's last look and the daemon's stop."""
    chosen: list[str] = []
    end, loop = wishes.End(), asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGUSR1)

    class Parts:
        """Server, desktop and activity: what `_hand_on` takes of them."""

        listener = throttle = property(lambda self: self)

        def hand_on(self) -> tuple[int, ...]:
            for number in (signal.SIGUSR2, signal.SIGUSR1):
                loop._handle_signal(number)  # type: ignore[attr-defined]
            return (10,)

        def release_tray(self) -> None:
            return None

        def take_skipped(self) -> int:
            return 0

    parts = cast(Any, Parts())
    nothing = Remains(telling=(), settling=(), forgotten_in_s=())
    with wishes.heard(chosen.append, end):
        async with asyncio.TaskGroup() as tasks:
            found = Rest(
                nothing,
                tasks,
                end.over,
                may=lambda: True,
                door=Desk(),
                hand_on=lambda: daemon._hand_on(end, parts, parts, parts),
            )
            found._due()
            await asyncio.wait_for(end.over.wait(), 10)
    assert found.handed == HANDED and chosen == []
    try:
        end.pass_on()
        assert signal.sigpending() == {signal.SIGUSR2, signal.SIGUSR1}
    finally:
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)  # what is pending of it goes
        handover.let_signals_through()
        loop.remove_signal_handler(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, before)
        signal.signal(signal.SIGUSR2, signal.SIG_DFL)


def test_who_reads_no_longer_that_it_is_ready_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a rest whose sockets were not adopted."""
    reader, writer = os.pipe()
    os.close(reader)
    server = SimpleNamespace(listener=SimpleNamespace(is_handed_on=False), url="ws://x", port=1)
    with os.fdopen(writer, "w") as nobody:
        monkeypatch.setattr(sys, "stdout", nobody)
        daemon._say_ready(cast(Any, server))
        monkeypatch.undo()
        nobody.flush()


async def test_who_is_accepted_just_now_has_its_protocol_after_some_turns() -> None:
    """And who connects while nobody is accepted gets it afterwards."""
    made: list[asyncio.BaseTransport] = []

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.append(transport)

    first = free_ports(2)
    listener = Listener(Protocol)
    port = await listener.start(first, first + 1)
    for turn in range(6):  # wherever in its being accepted the connection is
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(turn):
            await asyncio.sleep(0)
        listener.pause()
        await resting.turns()
        seen = len(made)
        await asyncio.sleep(0.05)
        assert len(made) == seen, "it was accepted after the turns"
        await listener.resume()
        await comes(partial(is_made, made, turn + 1))
        writer.close()
    handed = listener.hand_on()
    listener.close()
    again = Listener(Protocol)
    assert await again.start(first, first + 1, handed) == port
    again.close()
    for transport in made:
        transport.close()


def is_made(made: list[asyncio.BaseTransport], count: int) -> bool:
    return len(made) >= count


def test_what_measures_a_site_says_when_it_is_as_new() -> None:
    throttle, cancelled = Throttle(skipped=2), Cancellations()
    assert throttle.forgotten_in_s(0.0) == 0 and cancelled.forgotten_in_s(0.0) == 0
    assert throttle.admits("https://a.example", is_ok=True, now=100.0)
    assert throttle.forgotten_in_s(100.0) == 60.0 and throttle.forgotten_in_s(160.0) == 0
    assert throttle.admits_refused("https://b.example", now=200.0)
    assert throttle.forgotten_in_s(200.0) == 3600.0 and throttle.forgotten_in_s(3800.0) == 0
    assert throttle.take_skipped() == 2
    cancelled.add(SITE, 100.0)
    assert cancelled.forgotten_in_s(100.0) == WITHIN_S and cancelled.forgotten_in_s(100.0 + WITHIN_S) == 0
    cancelled.add(SITE, 100.0)
    assert cancelled.forgotten_in_s(110.0) == 20.0
    with pytest.raises(RateLimited):
        cancelled.check(SITE, 110.0)
    assert cancelled.forgotten_in_s(130.0) == 0


def test_the_logs_measure_too() -> None:
    measure = logs._Measured()
    assert measure.full_in_s() == 0 and measure.left_out() == 0
    record = logging.makeLogRecord({"name": "x", "msg": "y"})
    assert measure.filter(record) and 0 < measure.full_in_s() <= 30
    for _ in range(200):
        measure.filter(record)
    assert measure.left_out() >= 100 and measure.full_in_s() > 2900
