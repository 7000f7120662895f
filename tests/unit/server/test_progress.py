"""Progress that is only told where there is time to tell it."""

import asyncio
import json
from typing import Any

import pytest

from bridge.methods.call import QUICK_S
from bridge.server.connection import FrameProgress


class Page:
    """Takes a frame when it is allowed to."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.takes = asyncio.Event()
        self.asked = asyncio.Event()

    async def send(self, frame: bytes) -> None:
        self.asked.set()
        await self.takes.wait()
        self.frames.append(json.loads(frame))


async def test_a_quick_request_says_nothing() -> None:
    page = Page()
    progress = FrameProgress(1, page.send)
    progress.unless_quick("signing", done=0, total=1)
    await progress.settled()
    await asyncio.sleep(2 * QUICK_S)
    assert not page.asked.is_set()


async def test_one_that_takes_its_time_does_and_before_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.server.connection.QUICK_S", 0.0)
    page = Page()
    progress = FrameProgress(1, page.send)
    progress.unless_quick("signing", done=0, total=1, reader="Reader")
    await page.asked.wait()
    async with asyncio.TaskGroup() as group:
        settled = group.create_task(progress.settled())
        await asyncio.sleep(0)
        assert not settled.done(), "the answer would overtake it"
        page.takes.set()
    (frame,) = page.frames
    assert frame["params"] == {"id": 1, "state": "signing", "done": 0, "total": 1, "reader": "Reader"}
