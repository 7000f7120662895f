"""`auth.getToken` and its session: which windows it shows, what leaves and what stays."""

import asyncio
import base64
import hashlib
from typing import Any

import pytest

from bridge.core import certificate as certificates
from bridge.core import errors, messages
from bridge.core.algorithms import ALGORITHMS
from bridge.core.consent import Choose, Chosen, Confirm, Screen
from bridge.core.messages import METHODS, NoParams
from bridge.methods.table import TABLE
from tests.unit.certificates import SIGNATURE, certificate, name
from tests.unit.methods.asking import EACH, NONCE, TOKEN, TWO, VERIFY, ask, refused, screens
from tests.unit.methods.fakes import (
    A,
    B,
    FakeChannel,
    Place,
    agrees,
    cancels,
    gives_up_after,
    pcsc,
    settle,
    waits,
)
from tests.unit.tokens import placed, survey

SIGN = messages.SignDocumentsParams(
    documents=(messages.Document(name="1.txt", media_type="text/plain", content=b"1"),), format="cades"
)


def test_every_method_of_the_contract_is_served() -> None:
    assert set(TABLE) == set(METHODS)
    assert all(TABLE[method].params is METHODS[method][0] for method in METHODS)


async def test_info() -> None:
    info = await ask(Place(), "bridge.info", NoParams())
    assert (info.name, info.version, info.protocol, info.locale) == ("cardbridge", "1.2.3", 1, "ja")
    assert "auth.getToken" in info.features


async def test_a_token_with_a_pin_each_time() -> None:
    place = Place(TWO)
    result = await ask(place, "auth.getToken", TOKEN, site=EACH)
    assert result.session is None and result.contact is None
    assert result.token.format == "web-eid:1.0" and result.token.algorithm == "ES256"
    used = [event for event in place.tokens.events if event not in ("end", "ended")]
    assert used == ["survey", "login", "sign ES256", "forget"] and place.tokens.events[-1] == "ended"
    assert place.tokens.logged_in is None and screens(place) == [Confirm]
    assert place.progress.states == ["waitingForUser", "signing"]
    assert place.progress.counts[-1] == (0, 1)


async def test_a_token_is_for_the_handshakes_origin() -> None:
    place = Place()
    result = await ask(place, "auth.getToken", TOKEN, origin=B)
    site = place.consent.openings[0].site
    assert site is not None and site.origin == "https://b.jp"
    assert [_is_signed_for(result.token, origin) for origin in ("https://b.jp", "https://a.jp", "")] == [
        True,
        False,
        False,
    ]


def _is_signed_for(token: messages.AuthenticationToken, origin: str) -> bool:
    """By hand, as a Web eID library does it."""
    message = hashlib.sha256(origin.encode()).digest() + hashlib.sha256(NONCE.encode()).digest()
    der, signature = base64.b64decode(token.unverified_certificate), base64.b64decode(token.signature)
    digest = hashlib.sha256(message).digest()
    return certificates.verifies(der, ALGORITHMS[token.algorithm], signature, digest, is_digest=True)


async def test_within_a_session_there_is_no_second_window() -> None:
    place = Place(TWO)
    params = messages.GetTokenParams(challenge_nonce=NONCE, contact_field="optional")
    first = await ask(place, "auth.getToken", params)
    assert first.session and first.contact == "見本 花子" and place.tokens.logged_in is not None
    place.consent.person = cancels
    second = await ask(place, "auth.getToken", TOKEN)
    third = await ask(place, "card.verifyPin", messages.VerifyPinParams())
    assert (second.session, second.contact) == (first.session, "見本 花子")
    assert (third.verified, third.session, third.contact) == (True, first.session, "見本 花子")
    assert len(place.consent.windows) == 1 and place.tokens.events.count("login") == 1


@pytest.mark.parametrize(("method", "params"), [("auth.getToken", TOKEN), ("card.verifyPin", VERIFY)])
async def test_without_a_window_there_is_no_limit_for_windows(method: str, params: Any) -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    for _ in range(2):
        place.desk.cancellations.add(A, place.clock.seconds)
    await ask(place, method, params)
    assert isinstance(await refused(place, method, params, connection=2), errors.RateLimited)
    assert place.sessions.of(1) is not None


async def test_a_session_is_over_for_everyone_when_another_connection_asks() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN, connection=1)
    await ask(place, "auth.getToken", TOKEN, connection=2)
    assert place.tokens.events.count("login") == 2
    first, second = (index for index, event in enumerate(place.tokens.events) if event == "login")
    assert "ended" in place.tokens.events[first:second]
    await ask(place, "auth.getToken", TOKEN, connection=1)
    assert place.tokens.events.count("login") == 3


async def test_a_session_whose_certificate_does_not_fit_ends_and_asks_again() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    wanted = messages.GetTokenParams(challenge_nonce=NONCE, filter=messages.Filter(issuers=("CN=other",)))
    assert isinstance(await refused(place, "auth.getToken", wanted), errors.NoCertificate)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_a_login_that_another_program_has_ended_is_asked_for_again() -> None:
    place = Place(TWO)
    first = await ask(place, "auth.getToken", TOKEN)
    place.tokens.sign_error = errors.SessionUnknown()
    second = await ask(place, "auth.getToken", TOKEN)
    assert place.tokens.events.count("login") == 2 and len(place.consent.windows) == 2
    assert second.session not in (None, first.session)


async def test_a_login_that_ends_before_its_first_use_is_no_session_that_a_page_could_know() -> None:
    place = Place(TWO)
    place.tokens.sign_error = errors.SessionUnknown()
    assert isinstance(await refused(place, "auth.getToken", TOKEN, site=EACH), errors.DriverFailed)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_the_next_page_takes_the_session_over() -> None:
    place = Place(TWO)
    first = await ask(place, "auth.getToken", TOKEN, connection=1)
    place.sessions.connection_closed(1)
    await ask(place, "session.resume", messages.ResumeParams(session=first.session), connection=2)
    second = await ask(place, "auth.getToken", TOKEN, connection=2)
    assert second.session not in (None, first.session)
    assert len(place.consent.windows) == 1
    other = messages.ResumeParams(session=first.session)
    assert isinstance(await refused(place, "session.resume", other, connection=3), errors.SessionUnknown)


async def test_closing_a_session() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    await ask(place, "session.close", NoParams(), connection=2)
    assert place.tokens.logged_in is not None
    await ask(place, "session.close", NoParams())
    assert place.tokens.logged_in is None
    await ask(place, "session.close", NoParams())


async def test_closing_leaves_anothers_running_request_alone() -> None:
    place = Place(TWO)
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        running = group.create_task(ask(place, "auth.getToken", TOKEN, connection=1))
        await settle()
        await ask(place, "session.close", NoParams(), connection=2)
        assert not running.done() and place.consent.windows[0].is_open
        running.cancel()


async def test_a_refused_token_leaves_nothing_behind() -> None:
    place = Place(TWO)
    place.consent.person = gives_up_after("incorrect", tries_left=1, pin_state="finalTry")
    error = await refused(place, "auth.getToken", TOKEN)
    assert isinstance(error, errors.PinIncorrect) and error.data == {"triesLeft": 1, "pinState": "finalTry"}
    assert place.sessions.of(1) is None and place.tokens.events[-1] == "ended"
    assert not any(event.startswith("sign") for event in place.tokens.events)


async def test_a_signature_that_does_not_verify_opens_no_session() -> None:
    place = Place(TWO)
    place.tokens.signature = bytes(64)
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.DriverFailed)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_a_signature_that_does_not_verify_ends_the_session_it_was_made_in() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    place.tokens.signature = bytes(64)
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.DriverFailed)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_the_next_one_has_the_card_while_a_signature_is_checked() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    checked: list[int] = []
    verifies = certificates.verifies

    def check(*arguments: Any, **named: Any) -> bool:
        checked.append(place.tokens.events.count("sign ES256"))
        return verifies(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "verifies", check)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(place, "auth.getToken", TOKEN)) for _ in range(3)]
    assert checked[0] > 1, "the second one waited for the check of the first"
    assert len(checked) == 3 and len({task.result().token.signature for task in tasks}) == 3


async def test_a_key_that_cannot_sign_asks_for_no_pin() -> None:
    place = Place(survey(placed([certificate()], mechanisms=frozenset())))
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.UnsupportedAlgorithm)
    assert place.consent.windows == []


async def test_a_token_takes_no_certificate_that_is_for_documents_only() -> None:
    place = Place(survey(placed([certificate(usage=SIGNATURE)])))
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.NoCertificate)


async def test_a_withdrawn_request_closes_its_window_and_frees_the_lane() -> None:
    place = Place(TWO)
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        withdrawn = group.create_task(ask(place, "auth.getToken", TOKEN))
        await settle()
        withdrawn.cancel()
    assert not place.consent.windows[0].is_open and place.tokens.logged_in is None
    place.consent.person = agrees
    await ask(place, "auth.getToken", TOKEN, connection=2)


async def test_requests_are_served_one_at_a_time() -> None:
    place = Place(TWO)
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        running = group.create_task(ask(place, "auth.getToken", TOKEN, connection=1))
        await settle()
        waiting = group.create_task(ask(place, "card.verifyPin", messages.VerifyPinParams(), connection=2))
        await settle()
        assert len(place.consent.windows) == 1
        place.consent.person = agrees
        running.cancel()
    assert waiting.result().verified is True
    assert [opening.purpose for opening in place.consent.openings] == ["authenticate", "verifyPin"]


async def test_the_card_is_sent_no_pin_again_after_an_approved_request() -> None:
    for method, params in (("auth.getToken", TOKEN), ("sign.documents", SIGN), ("card.verifyPin", VERIFY)):
        place = Place(TWO)
        await ask(place, method, params)
        after_login = place.tokens.events[place.tokens.events.index("login") :]
        assert "forget" in after_login or "ended" in after_login


async def test_holders_of_two_cards_choose_and_the_chosen_one_signs() -> None:
    first = placed([certificate(subject=name("一"), serial=1)], slot=0)
    second = placed([certificate(subject=name("二"), serial=2)], slot=1, description="Virtual PCD 01 00")

    async def person(screen: Screen, channel: FakeChannel) -> Any:
        if isinstance(screen, Choose):
            return Chosen(index=1)
        return await agrees(screen, channel)

    place = Place(survey(first, second))
    place.board.pcsc_changed(pcsc(r0="present", r1="present"))
    place.consent.person = person
    await ask(place, "auth.getToken", TOKEN)
    assert screens(place) == [Choose, Confirm] and len(place.consent.windows) == 1
    assert place.tokens.logged_in == second
