"""What the user asks for at the computer: a request like a page's, without a page."""

from __future__ import annotations

import asyncio

import pytest

from bridge.core import errors
from bridge.core.cancellations import Cancellations
from bridge.core.consent import Approved, Chosen, Screen
from bridge.core.messages import ReaderParams
from bridge.core.origin import THE_USER, InvalidOrigin, Origin
from bridge.methods.call import of_the_user
from bridge.methods.card import change_pin, unblock_pin
from tests.unit.methods.fakes import A, FakeChannel, Place, settle


async def test_the_window_names_no_site() -> None:
    for work, purpose in ((change_pin, "changePin"), (unblock_pin, "unblockPin")):
        place = Place()
        assert (await work(of_the_user(place.desk, "en"), ReaderParams())).changed
        (opening,) = place.consent.openings
        assert (opening.site, opening.purpose, opening.language) == (None, purpose, "en")


async def dismisses(screen: Screen, channel: FakeChannel) -> Chosen | Approved:
    raise errors.UserCancelled


async def test_who_asks_himself_may_dismiss_it_as_often_as_he_likes() -> None:
    place = Place()
    place.consent.person = dismisses
    for _ in range(5):
        with pytest.raises(errors.UserCancelled):
            await change_pin(of_the_user(place.desk, "ja"), ReaderParams())
    with pytest.raises(errors.UserCancelled):
        await change_pin(place.call(), ReaderParams())


async def test_pages_that_wait_do_not_make_it_busy_and_it_is_next() -> None:
    place = Place()
    async with asyncio.TaskGroup() as group:
        async with place.desk.lane.turn(99, A, has_window=True):
            for connection in range(1, 9):
                group.create_task(change_pin(place.call(connection=connection), ReaderParams()))
            await settle()
            with pytest.raises(errors.Busy):
                await change_pin(place.call(connection=98), ReaderParams())
            own = group.create_task(change_pin(of_the_user(place.desk, "ja"), ReaderParams()))
            await settle()
    assert own.result().changed
    assert [opening.site is None for opening in place.consent.openings] == [True] + [False] * 8


def test_a_page_cannot_be_the_user() -> None:
    for text in (str(THE_USER), "cardbridge://user", "cardbridge://user:0", "user", "null"):
        with pytest.raises(InvalidOrigin):
            Origin.parse(text)
    assert not THE_USER.is_permissible


def test_what_pages_cancel_still_counts() -> None:
    counted = Cancellations()
    page = Origin.parse("https://a.jp")
    for origin in (THE_USER, page):
        counted.add(origin, 1.0)
        counted.add(origin, 2.0)
    counted.check(THE_USER, 3.0)
    with pytest.raises(errors.RateLimited):
        counted.check(page, 3.0)
