"""Looking at the cards, waiting for one, choosing a certificate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bridge.core import errors, selection
from bridge.core.consent import Choose, Chosen, Screen, WaitForCard, WaitForReader
from bridge.core.errors import BridgeError
from bridge.core.ports import Survey
from bridge.core.reader_table import PcscReaders
from bridge.core.selection import CertificateEntry
from bridge.methods import candidates
from bridge.methods.candidates import choose_one, holder, public, survey_cards
from bridge.methods.dialogue import Dialogue, dialogue, outcome
from tests.unit.certificates import FROM, LOGIN, NOW, UNTIL, authority, certificate, name
from tests.unit.methods.fakes import FakeChannel, Person, Place, cancels, is_slow, pcsc, settle, waits
from tests.unit.tokens import READER, placed, survey

NOTHING = survey()
SOMETHING = survey(placed([certificate()]))
DOWN = PcscReaders(available=False)
EARLIER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))
EXPIRED = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
LATER = (datetime(2028, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def cards_are_readable_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_SETTLE_S", 0)


@asynccontextmanager
async def looking(place: Place) -> AsyncIterator[asyncio.Task[Survey | BridgeError]]:
    """`survey_cards` under way."""

    async def look() -> Survey:
        async with dialogue(place.call(), "sign") as window:
            return await survey_cards(place.call(), window)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(outcome(look()))
        await settle()
        yield task


async def failing(place: Place) -> BridgeError:
    async with looking(place) as task:
        pass
    assert isinstance(result := task.result(), BridgeError)
    return result


async def test_a_card_that_is_there_needs_no_window() -> None:
    place = Place(SOMETHING)
    async with looking(place) as task:
        assert task.result() == SOMETHING
    assert place.consent.windows == [] and place.tokens.events == ["survey"]
    card = place.board.readers()[0].card
    assert card is not None and card.pin_state == "ok"


async def test_it_asks_for_a_card_and_goes_on_by_itself() -> None:
    place = Place(NOTHING, SOMETHING)
    place.board.pcsc_changed(pcsc(r0="empty"))
    place.consent.person = waits
    async with looking(place) as task:
        assert place.consent.screens == [WaitForCard()] and not task.done()
        assert place.progress.states == ["waitingForCard"]
        place.board.pcsc_changed(pcsc(r0="present"))
    assert task.result() == SOMETHING


async def test_another_empty_reader_is_no_card() -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc(r0="empty"))
    place.consent.person = waits
    async with looking(place) as task:
        place.board.pcsc_changed(pcsc(r0="empty", r1="empty"))
        await settle()
        assert not task.done()
        task.cancel()


@pytest.mark.parametrize("person", [cancels, is_slow])
async def test_who_does_not_put_one_in_has_no_card(person: Person) -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc(r0="empty"))
    place.consent.person = person
    assert isinstance(await failing(place), errors.NoCard)


async def test_without_a_reader_it_says_so_at_once() -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc())
    assert isinstance(await failing(place), errors.NoReader)
    assert place.consent.windows == []


async def test_without_pcsc_it_says_so_at_once() -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(DOWN)
    assert isinstance(await failing(place), errors.ReaderServiceUnavailable)


@pytest.mark.parametrize(
    ("after", "error"), [(pcsc(), errors.NoReader), (DOWN, errors.ReaderServiceUnavailable)]
)
async def test_a_reader_that_goes_while_it_waits(after: PcscReaders, error: type[BridgeError]) -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc(r0="empty"))
    place.consent.person = waits
    async with looking(place) as task:
        place.board.pcsc_changed(after)
    assert isinstance(task.result(), error)


async def test_a_card_just_put_in_gets_some_looks() -> None:
    place = Place(NOTHING, NOTHING, SOMETHING)
    async with looking(place) as task:
        pass
    assert task.result() == SOMETHING
    assert place.consent.windows == [] and place.tokens.events == ["survey"] * 3


async def test_a_card_that_no_driver_knows_is_unsupported() -> None:
    place = Place(survey(unrecognised=[READER]))
    assert isinstance(await failing(place), errors.CardUnsupported)
    assert 2 <= len(place.tokens.events) <= 10


async def test_a_driver_that_failed_is_named_rather_than_the_card() -> None:
    place = Place(survey(failures=[errors.DriverTimeout(driver="OpenSC")]))
    failed = await failing(place)
    assert isinstance(failed, errors.DriverTimeout) and failed.data == {"driver": "OpenSC"}


async def test_a_driver_that_failed_is_named_rather_than_a_missing_reader() -> None:
    place = Place(survey(failures=[errors.DriverFailed(driver="OpenSC")]))
    place.board.pcsc_changed(pcsc())
    assert isinstance(await failing(place), errors.DriverFailed)


async def test_a_driver_that_failed_beside_one_that_works_is_no_matter() -> None:
    place = Place(survey(placed([certificate()]), failures=[errors.DriverFailed(driver="Other")]))
    async with looking(place) as task:
        pass
    assert isinstance(task.result(), Survey)


async def test_a_reader_that_another_program_holds_is_waited_for() -> None:
    place = Place(NOTHING, SOMETHING, programs=["年末調整.exe"])
    place.board.pcsc_changed(pcsc(r0="inUse"))
    place.consent.person = waits
    async with looking(place) as task:
        assert place.consent.screens == [WaitForReader(reader=READER, programs=("年末調整.exe",))]
        assert (place.progress.states, place.progress.readers) == (["waitingForReader"], [READER])
        assert not task.done() and place.looks > 0
        place.board.pcsc_changed(pcsc(r0="present"))
    assert task.result() == SOMETHING


async def test_pcsc_is_asked_again_while_it_waits_for_another_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates, "_LOOK_AGAIN_S", 0)
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc(r0="inUse"))
    place.consent.person = waits
    async with looking(place) as task:
        before = place.looks
        for _ in range(20):
            await settle()
        assert place.looks > before + 2 and not task.done()
        task.cancel()


async def test_pcsc_that_ends_while_it_waits_for_another_program() -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc(r0="inUse"))
    place.consent.person = waits
    async with looking(place) as task:
        place.board.pcsc_changed(DOWN)
    assert isinstance(task.result(), errors.ReaderServiceUnavailable)


async def test_pcsc_that_has_not_said_anything_yet_is_waited_for() -> None:
    place = Place(NOTHING, has_pcsc=False)
    async with looking(place) as task:
        assert not task.done()
        place.board.pcsc_changed(pcsc())
    assert isinstance(task.result(), errors.NoReader)


async def test_who_does_not_want_to_wait_for_the_other_program_cancels() -> None:
    place = Place(NOTHING)
    place.board.pcsc_changed(pcsc(r0="inUse"))
    place.consent.person = cancels
    assert isinstance(await failing(place), errors.UserCancelled)


def entries(*certificates: bytes) -> list[CertificateEntry]:
    return selection.entries(survey(placed(certificates)))


async def chosen(
    place: Place, found: list[CertificateEntry], *, must_be_valid: bool = True
) -> CertificateEntry | BridgeError:
    async def choose() -> CertificateEntry:
        async with dialogue(place.call(), "sign") as window:
            return await choose_one(place.call(), window, found, must_be_valid=must_be_valid)

    return await outcome(choose())


def picks(index: int) -> Person:
    async def person(screen: Screen, channel: FakeChannel) -> Chosen:
        return Chosen(index=index)

    return person


async def test_the_only_one_needs_no_window() -> None:
    place, found = Place(), entries(certificate())
    assert await chosen(place, found) is found[0]
    assert place.consent.windows == []


async def test_the_only_valid_one_needs_no_window() -> None:
    place, found = Place(), entries(certificate(valid=EXPIRED, serial=1), certificate(serial=2))
    assert await chosen(place, found) is found[1]
    assert place.consent.windows == []


async def test_of_several_the_user_chooses_and_sees_why_not_the_others() -> None:
    place = Place()
    found = entries(
        certificate(serial=1),
        certificate(valid=EXPIRED, serial=2),
        certificate(serial=3),
        certificate(valid=LATER, serial=4),
    )
    place.consent.person = picks(2)
    assert await chosen(place, found) is found[2]
    (screen,) = place.consent.screens
    assert isinstance(screen, Choose)
    assert [row.obstacle for row in screen.certificates] == [None, "expired", None, "notYetValid"]
    assert place.progress.states == ["waitingForUser"]


@pytest.mark.parametrize("index", [1, -1, 3, 100])
async def test_what_cannot_be_chosen_is_refused(index: int) -> None:
    place = Place()
    found = entries(certificate(serial=1), certificate(valid=EXPIRED, serial=2), certificate(serial=3))
    place.consent.person = picks(index)
    assert isinstance(await chosen(place, found), errors.InternalError)


async def test_none_at_all() -> None:
    assert isinstance(await chosen(Place(), []), errors.NoCertificate)


async def test_all_expired_tells_when_the_last_one_did() -> None:
    found = entries(certificate(valid=EARLIER, serial=1), certificate(valid=EXPIRED, serial=2))
    error = await chosen(Place(), found)
    assert isinstance(error, errors.CertificateExpired)
    assert error.data == {"notAfter": "2025-01-01T00:00:00Z"}


async def test_none_valid_yet_tells_when_the_first_one_will_be() -> None:
    error = await chosen(Place(), entries(certificate(valid=LATER)))
    assert isinstance(error, errors.CertificateNotYetValid)
    assert error.data == {"notBefore": "2028-01-01T00:00:00Z"}


async def test_an_expired_one_counts_more_than_one_to_come() -> None:
    error = await chosen(
        Place(), entries(certificate(valid=LATER, serial=1), certificate(valid=EXPIRED, serial=2))
    )
    assert isinstance(error, errors.CertificateExpired)


async def test_where_only_the_pin_is_asked_an_expired_one_will_do() -> None:
    found = entries(certificate(valid=EXPIRED))
    assert await chosen(Place(), found, must_be_valid=False) is found[0]


async def test_what_the_window_shows_of_a_certificate() -> None:
    (entry,) = entries(certificate())
    shown = holder(entry, NOW)
    assert (shown.common_name, shown.organization, shown.issuer) == (
        "見本 太郎",
        "株式会社見本建設",
        "Sample CA 1",
    )
    assert (shown.not_before, shown.not_after) == ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert (shown.reader, shown.obstacle) == (READER, None)
    assert holder(entry, FROM.replace(year=2000)).obstacle == "notYetValid"
    assert holder(entry, UNTIL.replace(year=2100)).obstacle == "expired"
    assert holder(entry, UNTIL.replace(year=2100), must_be_valid=False).obstacle is None


async def test_a_subject_that_says_little() -> None:
    (entry,) = entries(certificate(subject=name(), issuer=name()))
    shown = holder(entry, NOW)
    assert (shown.common_name, shown.organization, shown.issuer) == ("", "", "")


async def test_what_the_page_gets_of_it() -> None:
    sub = authority(name("Sub"), name("Sub"))
    der = certificate(issuer=name("Sub"), usage=LOGIN)
    (entry,) = entries(der, sub)
    sent = public(entry)
    assert (sent.certificate, sent.chain, sent.thumbprint) == (der, (sub,), entry.facts.thumbprint)
    assert sent.subject["commonName"] == "見本 太郎" and sent.issuer == {"commonName": "Sub"}
    assert (sent.serial_number, sent.key_usage) == ("1234abcd", ("digitalSignature",))
    assert (sent.not_before, sent.not_after) == ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    offered = [row.hash_function for row in sent.supported_signature_algorithms]
    assert offered == ["SHA-256", "SHA-384", "SHA-512"]


async def test_one_window_serves_waiting_and_choosing() -> None:
    place = Place(NOTHING, survey(placed([certificate(serial=1), certificate(serial=2)])))
    place.board.pcsc_changed(pcsc(r0="empty"))

    async def person(screen: Screen, channel: FakeChannel) -> Chosen:
        if isinstance(screen, WaitForCard):
            await asyncio.Event().wait()
        return Chosen(index=0)

    place.consent.person = person

    async def both(window: Dialogue) -> None:
        seen = await survey_cards(place.call(), window)
        await choose_one(place.call(), window, selection.entries(seen))

    async with dialogue(place.call(), "sign") as window, asyncio.TaskGroup() as group:
        group.create_task(both(window))
        await settle()
        place.board.pcsc_changed(pcsc(r0="present"))
    assert len(place.consent.windows) == 1
    assert [type(screen) for screen in place.consent.screens] == [WaitForCard, Choose]
