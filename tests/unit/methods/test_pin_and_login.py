"""A PIN that was verified is not yet a consent to log in with any certificate of the token."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bridge.core import errors
from bridge.core.consent import Choose, Confirm
from bridge.core.messages import NoParams
from tests.unit.certificates import LOGIN, SIGNATURE, certificate
from tests.unit.methods.asking import TOKEN, TWO, VERIFY, ask, refused, screens
from tests.unit.methods.fakes import Place, settle, waits
from tests.unit.tokens import placed, survey

OVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))


async def test_with_one_certificate_the_verified_pin_serves() -> None:
    place = Place(TWO)
    await ask(place, "card.verifyPin", VERIFY)
    await ask(place, "auth.getToken", TOKEN)
    assert screens(place) == [Confirm]


async def test_an_expired_certificate_does_not_log_in() -> None:
    place = Place(survey(placed([certificate(usage=LOGIN, valid=OVER)])))
    await ask(place, "card.verifyPin", VERIFY)
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.CertificateExpired)
    assert not any(event.startswith("sign") for event in place.tokens.events)


async def test_a_certificate_for_documents_does_not_log_in() -> None:
    place = Place(survey(placed([certificate(usage=SIGNATURE)])))
    await ask(place, "card.verifyPin", VERIFY)
    assert isinstance(await refused(place, "auth.getToken", TOKEN), errors.NoCertificate)


async def test_of_two_certificates_the_user_chooses() -> None:
    pair = [certificate(usage=LOGIN, serial=1), certificate(usage=LOGIN, serial=2)]
    place = Place(survey(placed(pair)))
    await ask(place, "card.verifyPin", VERIFY)
    await ask(place, "auth.getToken", TOKEN)
    assert Choose in screens(place)
    shown = len(screens(place))
    await ask(place, "auth.getToken", TOKEN)
    assert len(screens(place)) == shown, "chosen once, it serves the session"


async def test_closing_waits_for_what_is_about_to_open_a_session() -> None:
    place = Place(TWO)
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        running = group.create_task(ask(place, "auth.getToken", TOKEN))
        await settle()
        closing = group.create_task(ask(place, "session.close", NoParams()))
        await settle()
        assert not closing.done()
        running.cancel()
    assert place.sessions.of(1) is None and place.tokens.logged_in is None
