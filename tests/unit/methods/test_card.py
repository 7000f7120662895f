"""`card.verifyPin`, `card.changePin`, `card.unblockPin`; the readers as they are named and listed."""

from typing import Any

import pytest

from bridge.core import errors, messages
from bridge.core.consent import Approved, ChangeSecret, Screen
from bridge.core.errors import BridgeError
from bridge.core.messages import NoParams
from bridge.core.ports import Login
from bridge.core.reader_table import PcscReader, PcscReaders
from tests.unit.certificates import certificate
from tests.unit.methods.asking import TOKEN, TWO, VERIFY, ask, refused, screens
from tests.unit.methods.fakes import FakeChannel, Place, gives_up_after, pcsc
from tests.unit.tokens import READER, placed, survey


async def test_listing_readers_starts_no_worker() -> None:
    place = Place()
    assert [reader.name for reader in (await ask(place, "readers.list", NoParams())).readers] == [READER]
    assert [reader.name for reader in (await ask(place, "readers.watch", NoParams())).readers] == [READER]
    assert place.tokens.events == []


async def test_the_pin_of_a_card_with_an_expired_certificate_can_be_checked() -> None:
    place = Place(TWO)
    place.clock.time = place.clock.time.replace(year=2099)
    result = await ask(place, "card.verifyPin", VERIFY)
    assert result.verified is True and result.session


async def test_a_reader_is_named_as_pages_know_it() -> None:
    long = "ACS ACR39U [CCID Interface] with a very long name, longer than 64 bytes (12345678) 00 00"
    seen = survey(placed([certificate()], description=long[:64]))
    place = Place(seen)
    row = PcscReader(name=long, state="present", atr=b"\x3b")
    place.board.pcsc_changed(PcscReaders(available=True, readers=(row,)))
    (reader,) = place.board.readers()
    assert (await ask(place, "card.verifyPin", messages.VerifyPinParams(reader=reader.name))).verified is True
    assert (await ask(place, "card.verifyPin", messages.VerifyPinParams(reader=reader.name))).verified is True
    assert len(place.consent.windows) == 1


@pytest.mark.parametrize(
    ("reader", "error"), [("Virtual PCD 01 00", errors.NoCard), ("no such reader", errors.NoReader)]
)
async def test_a_reader_without_a_card_or_none(reader: str, error: type[BridgeError]) -> None:
    place = Place()
    place.board.pcsc_changed(pcsc(r0="present", r1="empty"))
    assert type(await refused(place, "card.verifyPin", messages.VerifyPinParams(reader=reader))) is error


@pytest.mark.parametrize(
    ("method", "purpose", "event"),
    [("card.changePin", "changePin", "change"), ("card.unblockPin", "unblockPin", "unblock")],
)
async def test_another_pin_ends_any_session(method: str, purpose: str, event: str) -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    result = await ask(place, method, messages.ReaderParams())
    assert result.changed is True and place.consent.openings[-1].purpose == purpose
    assert screens(place)[-1] is ChangeSecret
    at = place.tokens.events.index(event)
    assert "ended" in place.tokens.events[place.tokens.events.index("login") : at]
    assert place.sessions.of(1) is None and place.tokens.events[-1] == "ended"


async def test_unblocking_says_nothing_of_the_puks_tries_and_takes_a_locked_card() -> None:
    locked = survey(placed([certificate()], pin_state="locked", tries_left=0))
    place = Place(locked)
    assert isinstance(await refused(place, "card.changePin", messages.ReaderParams()), errors.PinLocked)
    assert place.consent.windows == []
    assert (await ask(place, "card.unblockPin", messages.ReaderParams())).changed is True
    (screen,) = place.consent.screens
    assert isinstance(screen, ChangeSecret)
    assert (screen.pin.pin_state, screen.pin.tries_left) == ("unknown", None)


@pytest.mark.parametrize(
    ("verdict", "error"),
    [("incorrect", errors.PinIncorrect), ("rejected", errors.PinRejected), ("locked", errors.PinLocked)],
)
@pytest.mark.parametrize("method", ["card.changePin", "card.unblockPin"])
async def test_how_a_change_ends_without_one(method: str, verdict: Any, error: type[BridgeError]) -> None:
    place = Place()
    place.consent.person = gives_up_after(verdict, pin_state="countLow")
    assert type(await refused(place, method, messages.ReaderParams())) is error


@pytest.mark.parametrize("method", ["card.changePin", "card.unblockPin"])
async def test_a_change_is_about_the_card_and_not_about_its_certificate(method: str) -> None:
    place = Place()
    place.clock.time = place.clock.time.replace(year=2099)
    await ask(place, method, messages.ReaderParams())
    (screen,) = place.consent.screens
    assert isinstance(screen, ChangeSecret) and screen.holder.obstacle is None
    assert place.progress.states == ["waitingForUser"]


async def test_too_slow_with_a_new_pin_is_a_time_limit() -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Approved:
        channel.said = Login(verdict="rejected")
        channel.done.set()
        raise errors.UserTimeout(timeoutSeconds=120)

    place = Place()
    place.consent.person = person
    assert isinstance(await refused(place, "card.changePin", messages.ReaderParams()), errors.UserTimeout)


async def test_a_window_that_approves_without_a_change_is_not_believed() -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Approved:
        channel.done.set()
        return Approved()

    place = Place()
    place.consent.person = person
    assert isinstance(await refused(place, "card.changePin", messages.ReaderParams()), errors.InternalError)


async def test_another_reader_than_the_sessions_ends_it_before_anyone_looks() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    other = messages.VerifyPinParams(reader="Virtual PCD 01 00")
    assert isinstance(await refused(place, "card.verifyPin", other), errors.NoReader)
    events = place.tokens.events
    assert events.index("ended", events.index("login")) < len(events) - 1 - events[::-1].index("survey")
