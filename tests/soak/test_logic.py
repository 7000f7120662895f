"""The run's own judgement: it must see what is not as it must be."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from tests.soak.ledger import LEFT, Ledger, Page
from tests.soak.measures import MOST_THREADS, Sample, faults_of, fitted, judged, strays

REST = Sample(operations=0, files=12, threads=7, children=1, pss_kib=40_000, own_kib=36_000)


def samples(kib_per_1000: float, **last: int) -> list[Sample]:
    """Sixteen, a thousand operations from one to the next."""
    made = [
        replace(REST, operations=number * 1000, own_kib=36_000 + number * kib_per_1000 + number % 2 * 40)
        for number in range(16)
    ]
    return [*made[:-1], replace(made[-1], **last)]


def test_a_line_and_its_error() -> None:
    """By hand: y = 1, 3, 2 at 0, 1, 2 has the slope 1/2 and the standard error √(3/4)."""
    line = fitted([(0, 1), (1, 3), (2, 2)])
    assert line.slope == pytest.approx(0.5) and line.error == pytest.approx(0.75**0.5)


def test_flat_is_flat() -> None:
    assert faults_of(samples(5)) == []
    assert len(judged(samples(5))) == 12


@pytest.mark.parametrize("name", ["files", "children"])
def test_one_more_is_one_too_many(name: str) -> None:
    (fault,) = faults_of(samples(0, **{name: getattr(REST, name) + 1}))
    assert fault.startswith(name)


def test_the_pools_threads_are_no_fault_and_more_are_one() -> None:
    assert faults_of(samples(0, threads=MOST_THREADS)) == []
    (fault,) = faults_of(samples(0, threads=MOST_THREADS + 1))
    assert fault.startswith("threads")


def test_memory_that_grows_is_seen() -> None:
    (fault,) = faults_of(samples(300))
    assert fault.startswith("memory grows by 30")


def test_a_stray_is_found() -> None:
    """A child of cardbridge by its command line, in this group of processes, and nobody's child."""
    command = [sys.executable, "-c", "input()", "bridge.pkcs11.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        while b"worker" not in open(f"/proc/{process.pid}/cmdline", "rb").read():
            pass
        assert strays(None)[process.pid] == "worker"
        assert process.pid not in strays(os.getpid())
        process.communicate(b"\n")


class _Socket:
    """Plays the messages that are put into it."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.close_code = 1006
        self._messages = [json.dumps(message) for message in messages]

    async def send_str(self, text: str) -> None:
        pass

    async def close(self) -> None:
        pass

    def __aiter__(self) -> _Socket:
        return self

    async def __anext__(self) -> Any:
        if not self._messages:
            raise StopAsyncIteration
        return SimpleNamespace(type=aiohttp.WSMsgType.TEXT, data=self._messages.pop(0))


async def heard(*messages: dict[str, Any], leaves: bool = False) -> Ledger:
    """What is in the ledger after one request and these answers."""
    ledger = Ledger()
    page = Page(_Socket(*messages), ledger)  # type: ignore[arg-type]
    asked = await page.ask("bridge.info")
    if leaves:
        await page.leave()
    await page.listen()
    await asyncio.wait([asked])
    return ledger


ANSWER: dict[str, Any] = {"id": 1, "result": {}}
ERROR = {"code": -32011, "data": {"reason": "noCard", "userMessage": "…", "retriable": True}}


async def test_one_answer_is_right() -> None:
    ledger = await heard(ANSWER)
    assert (ledger.faults, dict(ledger.outcomes)) == ([], {("bridge.info", "ok"): 1})
    ledger = await heard({"id": 1, "error": ERROR})
    assert (ledger.faults, dict(ledger.outcomes)) == ([], {("bridge.info", "noCard"): 1})


async def test_none_is_a_fault_but_for_a_page_that_has_left() -> None:
    (fault,) = (await heard()).faults
    assert "lost" in fault
    ledger = await heard(leaves=True)
    assert (ledger.faults, dict(ledger.outcomes)) == ([], {("bridge.info", LEFT): 1})


@pytest.mark.parametrize(
    "messages",
    [
        (ANSWER, ANSWER),
        (ANSWER, {"id": 7, "result": {}}),
        ({"id": 1, "error": {**ERROR, "code": -32012}},),
        ({"id": 1, "error": {"code": -32000, "data": {"reason": "other"}}},),
        ({"id": 1},),
    ],
)
async def test_other_answers_are_faults(messages: tuple[dict[str, Any], ...]) -> None:
    assert len((await heard(*messages)).faults) == 1
