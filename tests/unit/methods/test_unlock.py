"""The turn at the card; consent and PIN, and how the two of them may end."""

import asyncio
from typing import Any

import pytest

from bridge.core import errors, selection
from bridge.core.consent import Approved, Chosen, Confirm, Screen
from bridge.core.document import SignerDocument
from bridge.core.errors import BridgeError
from bridge.core.ports import Login
from bridge.core.reader_table import PcscReaders
from bridge.core.selection import CertificateEntry
from bridge.methods import unlock as module
from bridge.methods.dialogue import dialogue, outcome
from bridge.methods.unlock import CardTurn, Unlocked, consent, unlock
from tests.unit.certificates import certificate
from tests.unit.methods.fakes import (
    A,
    B,
    FakeChannel,
    Person,
    Place,
    cancels,
    gives_up_after,
    is_slow,
    opened,
    pcsc,
    settle,
    waits,
)
from tests.unit.tokens import READER, placed, survey

DOCUMENTS = (SignerDocument(name="入札書.txt", media_type="text/plain", content=b"x"),)


@pytest.fixture
def place() -> Place:
    return Place()


def entry_of(**changes: Any) -> CertificateEntry:
    (entry,) = selection.entries(survey(placed([certificate()], **changes)))
    return entry


async def unlocked(place: Place, entry: CertificateEntry | None = None) -> Unlocked | BridgeError:
    async def work() -> Unlocked:
        async with dialogue(place.call(), "sign", DOCUMENTS) as window:
            return await unlock(place.call(), window, entry or entry_of(), contact="optional")

    return await outcome(work())


async def test_consent_and_pin_in_one_window(place: Place) -> None:
    entry = entry_of(pin_state="countLow", tries_left=2, min_pin_length=6, max_pin_length=8)
    result = await unlocked(place, entry)
    assert isinstance(result, Unlocked) and result.entry is entry
    assert result.login.verdict == "accepted" and result.approved.contact == "見本 花子"
    (screen,) = place.consent.screens
    assert isinstance(screen, Confirm) and screen.pin is not None
    assert place.consent.documents == [DOCUMENTS] and screen.contact == "optional"
    assert (screen.pin.pin_state, screen.pin.tries_left) == ("countLow", 2)
    assert (screen.pin.min_length, screen.pin.max_length) == (6, 8)
    assert not screen.pin.protected_authentication_path
    assert (place.progress.states, place.progress.readers) == (["waitingForUser"], [READER])
    assert place.tokens.events == ["login"]


async def test_a_token_that_says_nothing_of_lengths_refuses_no_pin_in_advance(place: Place) -> None:
    await unlocked(place, entry_of(min_pin_length=0, max_pin_length=0))
    (screen,) = place.consent.screens
    assert isinstance(screen, Confirm) and screen.pin is not None
    assert screen.pin.min_length == 1 and screen.pin.max_length >= 64


async def test_a_keypad_is_told_to_the_window(place: Place) -> None:
    await unlocked(place, entry_of(protected_authentication_path=True))
    (screen,) = place.consent.screens
    assert isinstance(screen, Confirm) and screen.pin is not None and screen.pin.protected_authentication_path


async def test_a_locked_card_asks_nobody(place: Place) -> None:
    assert isinstance(await unlocked(place, entry_of(pin_state="locked")), errors.PinLocked)
    assert place.consent.windows == [] and place.tokens.events == []


@pytest.mark.parametrize(
    ("person", "error", "data"),
    [
        (cancels, errors.UserCancelled, {}),
        (is_slow, errors.UserTimeout, {"timeoutSeconds": 120}),
        (
            gives_up_after("incorrect", pin_state="countLow", tries_left=2),
            errors.PinIncorrect,
            {"triesLeft": 2, "pinState": "countLow"},
        ),
        (gives_up_after("incorrect", pin_state="unknown"), errors.PinIncorrect, {"pinState": "unknown"}),
        (gives_up_after("locked", pin_state="locked"), errors.PinLocked, {}),
    ],
)
async def test_how_a_user_gives_up(
    place: Place, person: Person, error: type[BridgeError], data: dict[str, object]
) -> None:
    place.consent.person = person
    result = await unlocked(place)
    assert type(result) is error and result.data == data
    assert not place.consent.windows[0].is_open and place.tokens.logged_in is None


async def test_a_time_limit_after_a_wrong_pin_is_a_time_limit(place: Place) -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Approved:
        channel.said = Login(verdict="incorrect", tries_left=2)
        channel.done.set()
        raise errors.UserTimeout(timeoutSeconds=120)

    place.consent.person = person
    assert isinstance(await unlocked(place), errors.UserTimeout)


async def test_a_window_that_approves_without_a_login_is_not_believed(place: Place) -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Approved:
        channel.done.set()
        return Approved()

    place.consent.person = person
    assert isinstance(await unlocked(place), errors.InternalError)


async def test_a_driver_that_fails_ends_the_window(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.methods.dialogue._NEWS_S", 0.01)
    place.consent.person = waits
    place.tokens.login_error = errors.DriverFailed(driver="OpenSC")
    assert isinstance(await unlocked(place), errors.DriverFailed)
    assert not place.consent.windows[0].is_open


async def test_the_workers_last_word_counts_though_the_window_has_gone(place: Place) -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Approved:
        channel.said = Login(verdict="incorrect", tries_left=1, pin_state="finalTry")
        asyncio.get_running_loop().call_later(0.02, channel.done.set)
        raise errors.UserCancelled

    place.consent.person = person
    result = await unlocked(place)
    assert isinstance(result, errors.PinIncorrect) and result.data["triesLeft"] == 1


async def test_a_worker_that_says_nothing_more_is_not_waited_for_long(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAST_WORD_S", 0.01)

    async def person(screen: Screen, channel: FakeChannel) -> Approved:
        raise errors.UserCancelled

    place.consent.person = person
    assert isinstance(await unlocked(place), errors.UserCancelled)


@pytest.mark.parametrize(
    ("after", "error"),
    [
        (pcsc(r0="empty"), errors.CardRemoved),
        (pcsc(), errors.CardRemoved),
        (PcscReaders(available=False), errors.ReaderServiceUnavailable),
    ],
)
async def test_a_card_that_goes_ends_the_window(
    place: Place, after: PcscReaders, error: type[BridgeError]
) -> None:
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        task = group.create_task(unlocked(place))
        await settle()
        assert place.consent.windows[0].is_open
        place.board.pcsc_changed(after)
    assert type(task.result()) is error
    assert not place.consent.windows[0].is_open


async def test_a_withdrawn_request_ends_the_window_and_the_login(place: Place) -> None:
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        task = group.create_task(unlocked(place))
        await settle()
        task.cancel()
    assert task.cancelled() and not place.consent.windows[0].is_open
    assert place.tokens.logged_in is None


async def test_consent_without_a_pin(place: Place) -> None:
    async with dialogue(place.call(), "sign", DOCUMENTS) as window:
        approved = await consent(place.call(), window, entry_of())
    assert len(approved.digests) == 1
    (screen,) = place.consent.screens
    assert isinstance(screen, Confirm) and screen.pin is None and place.consent.documents == [DOCUMENTS]
    assert place.tokens.events == [] and place.progress.states == ["waitingForUser"]


async def test_consent_ends_with_the_card(place: Place) -> None:
    place.consent.person = waits

    async def ask() -> Approved:
        async with dialogue(place.call(), "sign") as window:
            return await consent(place.call(), window, entry_of())

    async with asyncio.TaskGroup() as group:
        task = group.create_task(outcome(ask()))
        await settle()
        place.board.pcsc_changed(pcsc(r0="empty"))
    assert isinstance(task.result(), errors.CardRemoved)


async def test_a_site_that_was_cancelled_twice_waits_and_others_do_not(place: Place) -> None:
    place.desk.cancellations.add(A, place.clock.seconds)
    place.desk.cancellations.add(A, place.clock.seconds)
    with pytest.raises(errors.RateLimited) as caught:
        async with CardTurn(place.call(1, A)):
            pass
    assert caught.value.data == {"retryAfterSeconds": 30}
    async with CardTurn(place.call(2, B)):
        pass
    async with CardTurn(place.call(1, A), has_window=False):
        pass
    place.clock.seconds += 30
    async with CardTurn(place.call(1, A)):
        pass


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (errors.CardRemoved(), True),
        (errors.DriverFailed(), True),
        (errors.DriverTimeout(), True),
        (asyncio.CancelledError(), True),
        (errors.UserCancelled(), False),
        (errors.TimeStampFailed(), False),
        (errors.NoCertificate(), False),
    ],
)
async def test_which_errors_end_an_open_session(place: Place, error: BaseException, ends: bool) -> None:
    session = opened(place)
    with pytest.raises(type(error)):
        async with CardTurn(place.call(1)):
            raise error
    assert (place.sessions.of(1) is None) is ends
    assert (place.tokens.logged_in is None) is ends
    assert session.connection == 1


async def test_choosing_is_no_answer_to_a_confirmation(place: Place) -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Chosen:
        channel.said = Login(verdict="accepted")
        channel.done.set()
        return Chosen(index=0)

    place.consent.person = person
    assert isinstance(await unlocked(place), errors.InternalError)
