"""The window of a request: opened with the first screen, gone with the context, and what interrupts it."""

import asyncio

import pytest

from bridge.core.consent import Approved, Chosen, Confirm, Holder, Site, WaitForCard
from bridge.core.errors import (
    CardRemoved,
    DriverFailed,
    InternalError,
    NoReader,
    RateLimited,
    ReaderServiceUnavailable,
    UserCancelled,
    UserTimeout,
)
from bridge.core.reader_table import PcscReaders
from bridge.methods import dialogue as module
from bridge.methods.dialogue import Explained, dialogue, first, outcome, removal
from tests.unit.methods.fakes import A, B, Place, cancels, is_slow, pcsc, settle
from tests.unit.tokens import placed

HOLDER = Holder(common_name="見本", organization="", issuer="", not_before="", not_after="", reader="")
CONFIRM = Confirm(holder=HOLDER)
DOWN = PcscReaders(available=False)


@pytest.fixture
def place() -> Place:
    return Place()


async def test_no_screen_no_window(place: Place) -> None:
    async with dialogue(place.call(), "sign") as window:
        with pytest.raises(InternalError):
            await window.answer(Approved)
        with pytest.raises(InternalError):
            window.pin_channel()
    assert place.consent.windows == []


async def test_one_window_for_all_screens_and_it_is_gone_at_the_end(place: Place) -> None:
    async with dialogue(place.call(), "sign") as window:
        await window.show(WaitForCard())
        await window.show(CONFIRM)
        assert place.consent.windows[0].is_open
    (opened,) = place.consent.windows
    assert opened.screens == [WaitForCard(), CONFIRM] and not opened.is_open


async def test_the_window_is_gone_after_an_error_too(place: Place) -> None:
    with pytest.raises(CardRemoved):
        async with dialogue(place.call(), "sign") as window:
            await window.show(CONFIRM)
            raise CardRemoved
    assert not place.consent.windows[0].is_open


async def test_it_says_who_asks_and_for_what(place: Place) -> None:
    async with dialogue(place.call(), "authenticate") as window:
        await window.show(CONFIRM)
    (opening,) = place.consent.openings
    assert opening.site == Site(name="見本市", origin="https://a.jp")
    assert (opening.purpose, opening.language, opening.timeout_s) == ("authenticate", "ja", 120)
    assert opening.screen == CONFIRM


async def test_the_origin_is_the_callers_and_not_the_entrys(place: Place) -> None:
    async with dialogue(place.call(origin=B), "sign") as window:
        await window.show(CONFIRM)
    site = place.consent.openings[0].site
    assert site is not None and site.origin == "https://b.jp"


async def test_answers(place: Place) -> None:
    async with dialogue(place.call(), "sign") as window:
        await window.show(CONFIRM)
        assert isinstance(await window.answer(Approved), Approved)
        assert not window.has_chosen
        with pytest.raises(InternalError):
            await window.answer(Chosen)


async def test_the_pin_pipe_is_given_once(place: Place) -> None:
    async with dialogue(place.call(), "sign") as window:
        await window.show(CONFIRM)
        window.pin_channel()
        with pytest.raises(InternalError):
            window.pin_channel()


async def test_cancellations_are_counted_and_time_limits_are_not(place: Place) -> None:
    for person, error in ((is_slow, UserTimeout), (is_slow, UserTimeout), (cancels, UserCancelled)):
        place.consent.person = person
        async with dialogue(place.call(), "sign") as window:
            await window.show(CONFIRM)
            with pytest.raises(error):
                await window.answer(Approved)
    place.desk.cancellations.check(A, place.clock.seconds)
    async with dialogue(place.call(), "sign") as window:
        place.consent.person = cancels
        await window.show(CONFIRM)
        with pytest.raises(UserCancelled):
            await window.answer(Approved)
    with pytest.raises(RateLimited):
        place.desk.cancellations.check(A, place.clock.seconds)
    place.desk.cancellations.check(B, place.clock.seconds)


async def answering(value: object, *, after: asyncio.Event | None = None) -> object:
    if after is not None:
        await after.wait()
    if isinstance(value, Exception):
        raise value
    return value


async def test_the_first_result_counts_and_the_others_are_cancelled() -> None:
    ended: list[str] = []

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    assert await first(for_ever, lambda: answering(1)) == 1
    assert ended == ["cancelled"]


async def test_the_first_error_counts() -> None:
    with pytest.raises(NoReader):
        await first(lambda: answering(1, after=asyncio.Event()), lambda: answering(NoReader()))


async def test_of_two_at_once_the_one_that_is_named_first_counts() -> None:
    with pytest.raises(NoReader):
        await first(lambda: answering(NoReader()), lambda: answering(1))
    assert await first(lambda: answering(1), lambda: answering(NoReader())) == 1


async def test_whoever_is_cancelled_from_outside_cancels_all() -> None:
    running: set[str] = set()

    async def work(name: str) -> None:
        running.add(name)
        try:
            await asyncio.Event().wait()
        finally:
            running.remove(name)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(first(lambda: work("a"), lambda: work("b")))
        await settle()
        assert running == {"a", "b"}
        task.cancel()
    assert task.cancelled() and running == set()


async def test_an_outcome_is_a_result_or_an_error_of_the_contract() -> None:
    assert await outcome(answering(1)) == 1
    assert isinstance(await outcome(answering(NoReader())), NoReader)
    with pytest.raises(ZeroDivisionError):
        await outcome(answering(ZeroDivisionError()))


async def test_a_removal_is_of_the_right_reader(place: Place) -> None:
    place.board.pcsc_changed(pcsc(r0="present", r1="present"))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(outcome(removal(place.call(), placed())))
        await settle()
        place.board.pcsc_changed(pcsc(r0="present", r1="empty"))
        await settle()
        assert not waiting.done()
        place.board.pcsc_changed(pcsc(r0="empty", r1="empty"))
    assert isinstance(waiting.result(), CardRemoved)


async def test_a_removal_that_is_over_before_anyone_looks_counts_too(place: Place) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(outcome(removal(place.call(), placed())))
        await settle()
        place.board.pcsc_changed(pcsc(r0="empty"))
        place.board.pcsc_changed(pcsc(r0="present"))
    assert isinstance(waiting.result(), CardRemoved)


async def test_the_end_of_pcsc_is_no_removal(place: Place) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(outcome(removal(place.call(), placed())))
        await settle()
        place.board.pcsc_changed(DOWN)
    assert isinstance(waiting.result(), ReaderServiceUnavailable)


async def test_a_token_without_a_reader_is_never_removed(place: Place) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(removal(place.call(), placed(is_hardware=False, description="soft")))
        await settle()
        place.board.pcsc_changed(pcsc(r0="empty"))
        await settle()
        assert not waiting.done()
        waiting.cancel()


async def test_a_driver_that_failed_for_want_of_its_card_is_not_to_blame(place: Place) -> None:
    with pytest.raises(CardRemoved):
        async with Explained(place.call(), placed()):
            place.board.pcsc_changed(pcsc(r0="empty"))
            raise DriverFailed
    place.board.pcsc_changed(pcsc(r0="present"))
    with pytest.raises(ReaderServiceUnavailable):
        async with Explained(place.call(), placed()):
            place.board.pcsc_changed(DOWN)
            raise DriverFailed


async def test_the_news_of_it_may_come_a_little_later(place: Place) -> None:
    async def fails() -> None:
        async with Explained(place.call(), placed()):
            raise DriverFailed

    async with asyncio.TaskGroup() as group:
        failing = group.create_task(outcome(fails()))
        await settle()
        assert not failing.done()
        place.board.pcsc_changed(pcsc(r0="empty"))
    assert isinstance(failing.result(), CardRemoved)


async def test_a_driver_that_failed_beside_its_card_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NEWS_S", 0.01)
    with pytest.raises(DriverFailed):
        async with Explained(place.call(), placed()):
            raise DriverFailed


async def test_other_errors_stay_as_they_are(place: Place) -> None:
    with pytest.raises(NoReader):
        async with Explained(place.call(), placed()):
            place.board.pcsc_changed(pcsc(r0="empty"))
            raise NoReader
