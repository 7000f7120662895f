"""`sign.hash`: off by default, never with a key that logs in, and the window says what it cannot show."""

import hashlib
from typing import Any

import pytest

from bridge.core import errors, messages
from bridge.core.consent import Confirm
from bridge.core.errors import BridgeError
from bridge.core.settings import SiteSettings
from tests.unit.certificates import LOGIN, SIGNATURE, certificate
from tests.unit.methods.asking import TOKEN, ask, refused, screens
from tests.unit.methods.fakes import SITE, Place, cancels
from tests.unit.tokens import placed, survey

SIGNS, LOGS_IN = certificate(usage=SIGNATURE, serial=2), certificate(usage=LOGIN, serial=1)
BOTH = certificate(usage=(*LOGIN, *SIGNATURE), serial=3)
CARD = survey(placed([LOGS_IN, SIGNS, BOTH]))
ALLOWED = SiteSettings(origin="https://a.jp", name="見本市", allow_hash_signing=True)
DIGEST = hashlib.sha256("書類".encode()).hexdigest()


def params(**changes: Any) -> messages.SignHashParams:
    values: dict[str, Any] = {"certificate": SIGNS, "hash": DIGEST, "hash_function": "SHA-256"}
    return messages.SignHashParams(**values | changes)


async def test_a_signature_over_the_pages_hash() -> None:
    place = Place(CARD)
    result = await ask(place, "sign.hash", params(), site=ALLOWED)
    assert len(result.signature) == 64 and result.signature_algorithm.hash_function == "SHA-256"
    assert place.tokens.logged_in is None and place.sessions.of(1) is None


async def test_the_window_says_that_it_cannot_show_a_document() -> None:
    place = Place(CARD)
    await ask(place, "sign.hash", params(), site=ALLOWED)
    (screen,) = place.consent.screens
    assert isinstance(screen, Confirm) and screen.pin is not None
    ((shown,),) = place.consent.documents
    assert "表示できません" in shown.name and shown.content and DIGEST in shown.content.decode()


async def test_it_is_off_by_default() -> None:
    place = Place(CARD)
    assert isinstance(await refused(place, "sign.hash", params()), errors.OriginNotPermitted)
    assert place.consent.windows == [] and place.tokens.events == []


@pytest.mark.parametrize("der", [LOGS_IN, BOTH])
async def test_never_with_a_certificate_that_logs_in(der: bytes) -> None:
    place = Place(CARD)
    refusal = await refused(place, "sign.hash", params(certificate=der), site=ALLOWED)
    assert isinstance(refusal, errors.OriginNotPermitted)
    assert place.consent.windows == [] and "login" not in place.tokens.events


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"certificate": certificate(usage=SIGNATURE, serial=9)}, errors.CertificateMismatch),
        ({"certificate": b""}, errors.CertificateMismatch),
        ({"hash": "00" * 48}, errors.InvalidParams),
        ({"hash_function": "SHA-512"}, errors.InvalidParams),
    ],
)
async def test_what_cannot_be_signed(changes: dict[str, Any], error: type[BridgeError]) -> None:
    place = Place(CARD)
    assert type(await refused(place, "sign.hash", params(**changes), site=ALLOWED)) is error
    assert place.consent.windows == []


async def test_a_session_shows_a_window_here_too() -> None:
    place = Place(CARD)
    site = SiteSettings(origin=SITE.origin, pin="session", allow_hash_signing=True)
    wanted = messages.Filter(
        key_usage=("digitalSignature",), thumbprints=(hashlib.sha256(LOGS_IN).hexdigest(),)
    )
    token = messages.GetTokenParams(challenge_nonce=TOKEN.challenge_nonce, filter=wanted)
    await ask(place, "auth.getToken", token, site=site)
    await ask(place, "sign.hash", params(), site=site)
    assert screens(place) == [Confirm, Confirm]
    screen = place.consent.screens[-1]
    assert isinstance(screen, Confirm) and screen.pin is None


async def test_without_consent_nothing_is_signed() -> None:
    place = Place(CARD)
    place.consent.person = cancels
    assert isinstance(await refused(place, "sign.hash", params(), site=ALLOWED), errors.UserCancelled)
    assert not any(event.startswith("sign") for event in place.tokens.events)
