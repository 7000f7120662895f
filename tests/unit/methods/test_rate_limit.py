"""A site whose windows the user keeps dismissing opens no more of them, however it asks."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.core import errors, messages
from bridge.core.cancellations import PAUSE_S, UNANSWERED
from bridge.core.consent import Confirm, Holder, WaitForCard
from bridge.core.messages import NoParams
from bridge.methods.dialogue import dialogue, outcome
from tests.unit.certificates import LOGIN, certificate
from tests.unit.methods.asking import NONCE, TOKEN, TWO, VERIFY, ask, refused
from tests.unit.methods.fakes import A, B, Place, agrees, cancels, is_slow, settle, waits
from tests.unit.tokens import placed, survey

NAMED = messages.SignDocumentsParams(
    documents=(messages.Document(name="form.json", media_type="application/json", content=b"{}"),),
    format="cades",
    certificate="0" * 64,
)
HOLDER = Holder(common_name="見本", organization="", issuer="", not_before="", not_after="", reader="")


@pytest.fixture
def place() -> Place:
    return Place(TWO)


async def results(tasks: list[asyncio.Task[object]]) -> list[str]:
    return [type(await task).__name__ for task in tasks]


@pytest.mark.parametrize(("method", "params"), [("auth.getToken", TOKEN), ("card.verifyPin", VERIFY)])
async def test_behind_a_session_that_ends_before_their_turn(
    place: Place, method: str, params: messages.GetTokenParams | messages.VerifyPinParams
) -> None:
    """A page has a session, closes it, and asks at once for sixty windows that none of them announced."""
    await ask(place, "auth.getToken", TOKEN)
    place.consent.windows.clear()
    place.consent.person = cancels
    async with asyncio.TaskGroup() as group:
        async with place.desk.lane.turn(1, A, has_window=False):
            group.create_task(ask(place, "session.close", NoParams()))
            asked = [group.create_task(outcome(ask(place, method, params))) for _ in range(60)]
            await settle()
    assert await results(asked) == ["UserCancelled"] + ["Busy"] * 59
    assert len(place.consent.windows) == 1


async def test_windows_that_time_out_do_not_follow_one_another(place: Place) -> None:
    """Nobody is there: no limit on cancellations would end it."""
    await ask(place, "auth.getToken", TOKEN)
    place.consent.windows.clear()
    place.consent.person = is_slow
    async with asyncio.TaskGroup() as group:
        async with place.desk.lane.turn(1, A, has_window=False):
            group.create_task(ask(place, "session.close", NoParams()))
            asked = [group.create_task(outcome(ask(place, "auth.getToken", TOKEN))) for _ in range(60)]
            await settle()
            other = group.create_task(outcome(ask(place, "auth.getToken", TOKEN, connection=2)))
    assert await results(asked) == ["UserTimeout"] + ["Busy"] * 59
    assert await results([other]) == ["UserTimeout"], "another connection's is its own"
    assert len(place.consent.windows) == 2
    place.consent.person = agrees
    assert (await ask(place, "auth.getToken", TOKEN)).session is not None


async def test_requests_behind_a_session_that_was_opened_anew_need_no_window(place: Place) -> None:
    await ask(place, "auth.getToken", TOKEN)
    place.consent.windows.clear()
    async with asyncio.TaskGroup() as group:
        async with place.desk.lane.turn(1, A, has_window=False):
            group.create_task(ask(place, "session.close", NoParams()))
            asked = [group.create_task(outcome(ask(place, "auth.getToken", TOKEN))) for _ in range(5)]
            await settle()
    assert await results(asked) == ["Token"] * 5
    assert len(place.consent.windows) == 1


async def test_with_a_filter_that_the_session_does_not_fit() -> None:
    """The window of a request that was to do without one."""
    both = [certificate(usage=LOGIN, serial=serial) for serial in (1, 2)]
    place = Place(survey(placed(both)))
    session = (await ask(place, "auth.getToken", TOKEN)).session
    used = place.sessions.of(1)
    assert session is not None and used is not None
    (other,) = {hashlib.sha256(each).hexdigest() for each in both} - {used.entry.facts.thumbprint}
    place.consent.windows.clear()
    for _ in range(2):
        place.desk.cancellations.add(A, place.clock.seconds)
    params = messages.GetTokenParams(challenge_nonce=NONCE, filter=messages.Filter(thumbprints=(other,)))
    assert isinstance(await refused(place, "auth.getToken", params), errors.RateLimited)
    assert place.consent.windows == []


async def test_windows_of_other_connections_that_wait_already(place: Place) -> None:
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        first = group.create_task(outcome(ask(place, "auth.getToken", TOKEN, connection=1)))
        await settle()
        same = [
            group.create_task(outcome(ask(place, "card.changePin", messages.ReaderParams(), connection=n)))
            for n in (2, 3, 4)
        ]
        other = group.create_task(outcome(ask(place, "auth.getToken", TOKEN, connection=5, origin=B)))
        await settle()
        assert len(place.consent.windows) == 1
        place.consent.person = cancels
        first.cancel()
    assert sorted(await results(same)) == ["RateLimited", "UserCancelled", "UserCancelled"]
    assert (await results([other])) == ["UserCancelled"]
    assert len(place.consent.windows) == 4


async def test_it_says_how_long_and_then_the_window_opens(place: Place) -> None:
    for _ in range(2):
        place.desk.cancellations.add(A, place.clock.seconds)
    place.clock.seconds += 10
    async with dialogue(place.call(), "sign") as window:
        with pytest.raises(errors.RateLimited) as caught:
            await window.show(WaitForCard())
        assert caught.value.data == {"retryAfterSeconds": 20}
        assert place.consent.windows == []
        place.clock.seconds += 20
        await window.show(WaitForCard())
    assert len(place.consent.windows) == 1


async def test_a_window_that_is_open_stays(place: Place) -> None:
    """The limit is about windows that come up, not about the one that the user is working in."""
    async with dialogue(place.call(), "sign") as window:
        await window.show(WaitForCard())
        for _ in range(2):
            place.desk.cancellations.add(A, place.clock.seconds)
        await window.show(Confirm(holder=HOLDER))
    assert len(place.consent.windows) == 1


async def test_dismissed_while_it_opens_or_changes_counts_too(place: Place) -> None:
    place.consent.refusal = errors.UserCancelled()
    async with dialogue(place.call(), "sign") as window:
        with pytest.raises(errors.UserCancelled):
            await window.show(WaitForCard())
    place.desk.cancellations.check(A, place.clock.seconds)
    place.consent.refusal = None
    async with dialogue(place.call(), "sign") as window:
        await window.show(WaitForCard())
        place.consent.windows[0].show_error = errors.UserCancelled()
        with pytest.raises(errors.UserCancelled):
            await window.show(Confirm(holder=HOLDER))
    with pytest.raises(errors.RateLimited):
        place.desk.cancellations.check(A, place.clock.seconds)


async def test_a_session_needs_no_window_and_goes_on(place: Place) -> None:
    await ask(place, "auth.getToken", TOKEN)
    for _ in range(2):
        place.desk.cancellations.add(A, place.clock.seconds)
    place.consent.person = agrees
    assert (await ask(place, "auth.getToken", TOKEN)).session is not None
    assert len(place.consent.windows) == 1


async def test_a_site_cannot_try_certificates_unseen() -> None:
    """Which card is in the reader, one thumbprint after the other, with no window that anybody would see."""
    place = Place(TWO)
    stranger = messages.Filter(thumbprints=("0" * 64,))
    asked: list[tuple[str, messages.Params]] = [
        ("auth.getToken", messages.GetTokenParams(challenge_nonce=NONCE, filter=stranger)),
        ("certificates.choose", messages.ChooseParams(purpose="signature", filter=stranger)),
        ("sign.documents", NAMED),
    ]
    found = [type(await refused(place, *asked[number % 3])) for number in range(UNANSWERED)]
    assert set(found) == {errors.NoCertificate, errors.CertificateMismatch}
    for method, params in (*asked, ("auth.getToken", TOKEN)):
        assert isinstance(await refused(place, method, params), errors.RateLimited)
    assert place.consent.windows == []
    other = await refused(place, *asked[0], origin=B)
    assert isinstance(other, errors.NoCertificate), "each site counts for itself"
    place.clock.seconds += PAUSE_S
    await ask(place, "auth.getToken", TOKEN)
    assert len(place.consent.windows) == 1


async def test_what_a_person_has_seen_is_no_trial() -> None:
    """Somebody at the window who puts one wrong card in after the other."""
    place = Place(TWO)
    for _ in range(UNANSWERED + 1):
        with pytest.raises(errors.NoCertificate):
            async with dialogue(place.call(), "authenticate") as window:
                await window.show(WaitForCard())
                raise errors.NoCertificate


async def test_a_site_that_withdraws_its_windows_again_and_again_has_to_wait(place: Place) -> None:
    """Each takes the keyboard from whoever works at the PC, and none is there long enough to be dismissed."""
    place.consent.person = waits
    for _ in range(UNANSWERED):
        await _withdrawn(place)
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.RateLimited)
    assert len(place.consent.windows) == UNANSWERED
    place.clock.seconds += PAUSE_S
    place.consent.person = agrees
    await ask(place, "auth.getToken", TOKEN)


async def test_also_where_it_withdraws_them_while_they_appear(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the moment when a window takes the keyboard and the daemon's hearing of it."""
    appearing: list[object] = []

    @asynccontextmanager
    async def window(*opening: object) -> AsyncIterator[None]:
        appearing.append(opening)
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(place.consent, "window", window)
    for number in range(UNANSWERED):
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(outcome(ask(place, "auth.getToken", TOKEN)))
            while len(appearing) == number:
                await settle()
            asked.cancel()
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.RateLimited)


async def _withdrawn(place: Place) -> None:
    before = len(place.consent.windows)
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(outcome(ask(place, "auth.getToken", TOKEN)))
        while len(place.consent.windows) == before:
            await settle()
        asked.cancel()
