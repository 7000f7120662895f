"""Many documents, or a slow card: the window says how far it is, and whatever ends it ends it whole."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.core import errors, messages
from bridge.core.consent import Approved, Chosen, Confirm, Screen, Working
from bridge.core.errors import BridgeError
from bridge.core.ports import PlacedToken
from bridge.methods import working
from bridge.methods.dialogue import outcome
from tests.unit.methods.asking import EACH, TOKEN, TWO, ask, refused, screens
from tests.unit.methods.fakes import FakeChannel, FakeTokens, Place, agrees, pcsc, settle, waits


def batch(count: int) -> messages.SignDocumentsParams:
    documents = tuple(
        messages.Document(name=f"{number}.txt", media_type="text/plain", content=b"x")
        for number in range(count)
    )
    return messages.SignDocumentsParams(documents=documents, format="cades")


class SlowTokens(FakeTokens):
    """Signs `free` times at once, then only when `go` is set."""

    def __init__(self, free: int) -> None:
        super().__init__(TWO)
        self.free = free
        self.go = asyncio.Event()

    async def sign(self, place: PlacedToken, key_id: bytes, algorithm: str, digest: bytes) -> bytes:
        if self.free == 0:
            await self.go.wait()
        else:
            self.free -= 1
        return await super().sign(place, key_id, algorithm, digest)


def slow_place(free: int) -> tuple[Place, SlowTokens]:
    place, tokens = Place(TWO), SlowTokens(free)
    place.use(tokens)
    return place, tokens


async def until_working(place: Place, done: int) -> None:
    async with asyncio.timeout(20):
        while not any(  # noqa: ASYNC110 - nothing tells of it
            isinstance(s, Working) and s.done == done for s in place.consent.screens
        ):
            await asyncio.sleep(0.01)


async def test_the_window_follows_the_work() -> None:
    place, tokens = slow_place(3)
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(ask(place, "sign.documents", batch(5), site=EACH))
        await until_working(place, 3)
        assert place.consent.windows[0].is_open
        tokens.go.set()
    assert [row.name for row in asked.result().signatures] == [f"{n}.txt.p7s" for n in range(5)]
    assert screens(place) == [Confirm, Working] and not place.consent.windows[0].is_open
    assert place.tokens.logged_in is None


async def test_a_quick_signature_shows_no_work_and_a_slow_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "QUICK_S", 600)
    place = Place(TWO)
    await ask(place, "sign.documents", batch(1), site=EACH)
    assert screens(place) == [Confirm]
    monkeypatch.setattr(working, "QUICK_S", 0.01)
    place, tokens = slow_place(0)
    async with asyncio.TaskGroup() as group:
        group.create_task(ask(place, "sign.documents", batch(1), site=EACH))
        await until_working(place, 0)
        tokens.go.set()
    assert screens(place) == [Confirm, Working]


def cancels_while(kind: type[Screen]) -> Any:
    async def person(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
        if not isinstance(screen, Working):
            return await agrees(screen, channel)
        if kind is Working and screen.total > 1 or kind is Confirm and screen.total == 0:
            raise errors.UserCancelled
        return await waits(screen, channel)

    return person


@pytest.mark.parametrize(("count", "kind"), [(5, Working), (1, Confirm)])
async def test_the_user_cancels_in_the_middle(count: int, kind: type[Screen]) -> None:
    """Before the progress is shown, too; the next request works."""
    place, tokens = slow_place(count - 1)
    place.consent.person = cancels_while(kind)
    assert isinstance(await refused(place, "sign.documents", batch(count), site=EACH), errors.UserCancelled)
    assert tokens.logged_in is None and tokens.events[-1] == "ended"
    assert not any(window.is_open for window in place.consent.windows)
    place.consent.person = agrees
    tokens.go.set()
    assert len((await ask(place, "sign.documents", batch(2), site=EACH)).signatures) == 2


async def test_cancelling_twice_brings_the_pause() -> None:
    place, _ = slow_place(0)
    place.consent.person = cancels_while(Working)
    for _ in range(2):
        assert isinstance(await refused(place, "sign.documents", batch(2), site=EACH), errors.UserCancelled)
    assert isinstance(await refused(place, "sign.documents", batch(2), site=EACH), errors.RateLimited)


async def test_cancelling_ends_the_session_too() -> None:
    """Its worker was in the middle of a signature."""
    place, _ = slow_place(1)
    await ask(place, "auth.getToken", TOKEN)
    assert place.sessions.of(1) is not None
    place.consent.person = cancels_while(Working)
    assert isinstance(await refused(place, "sign.documents", batch(2)), errors.UserCancelled)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_a_card_that_goes_between_two_signatures() -> None:
    place, tokens = slow_place(2)
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(outcome(ask(place, "sign.documents", batch(5), site=EACH)))
        await until_working(place, 2)
        place.board.pcsc_changed(pcsc(r0="empty"))
    assert isinstance(asked.result(), errors.CardRemoved)
    assert tokens.logged_in is None and not place.consent.windows[0].is_open


@pytest.mark.parametrize("error", [errors.DriverFailed(driver="OpenSC"), errors.CardRemoved()])
async def test_a_driver_that_fails_in_the_middle(error: BridgeError) -> None:
    place = Place(TWO)
    place.tokens.sign_error, place.tokens.signs_before_error = error, 3
    assert isinstance(await refused(place, "sign.documents", batch(5), site=EACH), type(error))
    assert place.tokens.logged_in is None and not place.consent.windows[0].is_open


async def test_withdrawn_by_the_page_or_by_the_end_of_its_socket() -> None:
    place, tokens = slow_place(2)
    asked = asyncio.get_running_loop().create_task(ask(place, "sign.documents", batch(5), site=EACH))
    await until_working(place, 2)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await settle()
    assert tokens.logged_in is None and not place.consent.windows[0].is_open
    tokens.go.set()
    assert len((await ask(place, "sign.documents", batch(2), site=EACH)).signatures) == 2
