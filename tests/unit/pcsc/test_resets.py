"""Resets that do not end: nobody waits for ever, and no later login is hit by one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bridge.core.errors import ReaderServiceUnavailable
from bridge.pcsc.resets import CardResets


class Slow:
    """A card that answers its reset when it is told to."""

    def __init__(self) -> None:
        self.readers: list[str] = []
        self.may_end = threading.Event()

    def __call__(self, reader: str) -> None:
        self.readers.append(reader)
        assert self.may_end.wait(20)


@pytest.fixture
def slow() -> Iterator[Slow]:
    card = Slow()
    yield card
    card.may_end.set()


async def test_done_means_done() -> None:
    done: list[str] = []
    resets = CardResets(done.append)
    await resets.reset("r")
    assert done == ["r"]
    await resets.settled()


async def test_one_that_does_not_end_refuses_the_next_login(slow: Slow) -> None:
    resets = CardResets(slow, patience_s=0.05)
    await resets.reset("r")
    with pytest.raises(ReaderServiceUnavailable):
        await resets.settled()
    slow.may_end.set()
    async with asyncio.timeout(10):
        await CardResets.settled(_patient(resets))


async def test_a_second_one_joins_the_first(slow: Slow) -> None:
    resets = CardResets(slow, patience_s=0.05)
    await resets.reset("r")
    await resets.reset("r")
    await resets.reset("other")
    assert slow.readers == ["r", "other"]


def _patient(resets: CardResets) -> CardResets:
    resets._patience_s = 10
    return resets
