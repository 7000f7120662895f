"""`sign.documents`: one window, one PIN, all or nothing, and only what was shown."""

import hashlib
from typing import Any

import pytest
from msgspec.structs import force_setattr

from bridge.core import errors, messages
from bridge.core.consent import Approved, Confirm, Screen, Working
from bridge.core.errors import BridgeError
from tests.unit.methods.asking import EACH, TOKEN, TWO, ask, refused, screens
from tests.unit.methods.fakes import FakeChannel, Place, agrees

CONTENTS = (b"1", b"2")
DOCUMENTS = tuple(
    messages.Document(name=f"{content.decode()}.txt", media_type="text/plain", content=content)
    for content in CONTENTS
)
SIGN = messages.SignDocumentsParams(documents=DOCUMENTS, format="cades")


def one(name: str, media_type: str) -> tuple[messages.Document, ...]:
    return (messages.Document(name=name, media_type=media_type, content=b"x"),)


async def test_one_window_and_one_pin_for_all_documents() -> None:
    place = Place(TWO)
    result = await ask(place, "sign.documents", SIGN, site=EACH)
    assert [row.name for row in result.signatures] == ["1.txt.p7s", "2.txt.p7s"]
    assert [row.document_digest for row in result.signatures] == [
        hashlib.sha256(content).hexdigest() for content in CONTENTS
    ]
    assert result.certificate.serial_number == "2"
    assert place.tokens.events.count("login") == 1 and len(place.consent.windows) == 1
    assert screens(place) == [Confirm, Working]
    screen = place.consent.screens[0]
    assert isinstance(screen, Confirm) and screen.pin is not None
    (opening,), (shown,) = place.consent.openings, place.consent.documents
    assert [(row.name, row.media_type, row.size_bytes) for row in opening.documents] == [
        ("1.txt", "text/plain", 1),
        ("2.txt", "text/plain", 1),
    ]
    assert [document.content for document in shown] == [b"1", b"2"]
    assert place.progress.states == ["waitingForUser", "signing", "signing"]
    assert place.tokens.logged_in is None


async def test_signing_opens_no_session() -> None:
    place = Place(TWO)
    await ask(place, "sign.documents", SIGN)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_within_a_session_signing_shows_a_window_and_no_pin() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    await ask(place, "sign.documents", SIGN)
    screen = place.consent.windows[-1].screens[0]
    assert isinstance(screen, Confirm) and screen.pin is None
    assert len(place.consent.documents[-1]) == 2
    assert place.tokens.events.count("login") == 1 and place.sessions.of(1) is not None


async def test_a_session_that_another_program_has_ended_is_over_when_signing() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    place.tokens.sign_error = errors.SessionUnknown()
    assert isinstance(await refused(place, "sign.documents", SIGN), errors.SessionUnknown)
    assert place.sessions.of(1) is None and place.tokens.logged_in is None
    await ask(place, "sign.documents", SIGN)
    assert place.tokens.events.count("login") == 2


async def test_a_key_that_wants_a_pin_each_time_gets_one_within_a_session_too() -> None:
    place = Place(TWO)
    place.tokens.always_authenticate = frozenset({b"\2"})
    await ask(place, "auth.getToken", TOKEN)
    await ask(place, "sign.documents", SIGN)
    screen = place.consent.windows[-1].screens[0]
    assert isinstance(screen, Confirm) and screen.pin is not None
    assert place.tokens.events.count("login") == 2


async def test_what_was_shown_is_what_is_signed() -> None:
    async def person(screen: Screen, channel: FakeChannel) -> Any:
        answer = await agrees(screen, channel)
        assert isinstance(answer, Approved)
        return Approved(digests=tuple(reversed(answer.digests)))

    place = Place(TWO)
    place.consent.person = person
    assert isinstance(await refused(place, "sign.documents", SIGN), errors.InternalError)
    assert not any(event.startswith("sign") for event in place.tokens.events)
    assert place.tokens.logged_in is None


@pytest.mark.parametrize("swapped", [0, 1])
@pytest.mark.parametrize("packaging", ["detached", "enveloping"])
async def test_other_bytes_after_the_display(swapped: int, packaging: Any) -> None:
    """The user has approved; then the daemon has other bytes of the same name. The key is not used once."""
    place = Place(TWO)

    async def person(screen: Screen, channel: FakeChannel) -> Any:
        answer = await agrees(screen, channel)
        force_setattr(channel.documents[swapped], "content", b"900")
        return answer

    place.consent.person = person
    params = messages.SignDocumentsParams(documents=DOCUMENTS, format="cades", packaging=packaging)
    assert isinstance(await refused(place, "sign.documents", params), errors.InternalError)
    assert not any(event.startswith("sign") for event in place.tokens.events)
    assert place.making.orders == [] and place.tokens.logged_in is None


async def test_one_document_in_anothers_place_after_the_display() -> None:
    place = Place(TWO)

    async def person(screen: Screen, channel: FakeChannel) -> Any:
        answer = await agrees(screen, channel)
        first, second = channel.documents
        for name in ("content", "digest"):
            mine, other = getattr(first, name), getattr(second, name)
            force_setattr(first, name, other)
            force_setattr(second, name, mine)
        return answer

    place.consent.person = person
    assert isinstance(await refused(place, "sign.documents", SIGN), errors.InternalError)
    assert not any(event.startswith("sign") for event in place.tokens.events)


async def test_a_document_that_cannot_be_shown_is_not_asked_about() -> None:
    place = Place(TWO)
    place.consent.refusal = errors.DocumentUnreadable(document="1.txt")
    assert isinstance(await refused(place, "sign.documents", SIGN), errors.DocumentUnreadable)
    assert "login" not in place.tokens.events and place.consent.windows == []


async def test_a_document_that_cannot_be_shown_after_all_is_no_cancellation() -> None:
    place = Place(TWO)

    async def person(screen: Screen, channel: FakeChannel) -> Any:
        channel.done.set()
        raise errors.DocumentUnreadable(document="1.txt")

    place.consent.person = person
    for _ in range(3):
        assert isinstance(await refused(place, "sign.documents", SIGN), errors.DocumentUnreadable)
    assert not any(event.startswith("sign") for event in place.tokens.events)


async def test_another_certificate_than_the_cards() -> None:
    place = Place(TWO)
    params = messages.SignDocumentsParams(documents=DOCUMENTS, format="cades", certificate="0" * 64)
    assert isinstance(await refused(place, "sign.documents", params), errors.CertificateMismatch)
    assert place.consent.windows == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"packaging": "enveloped"}, errors.UnsupportedFormat),
        ({"format": "pades"}, errors.UnsupportedFormat),
        ({"format": "pades", "packaging": "detached"}, errors.UnsupportedFormat),
        ({"level": "B-T"}, errors.UnsupportedFormat),
        ({"documents": one("a", "application/pdf")}, errors.DocumentUnreadable),
        ({"documents": one("../a", "text/plain")}, errors.DocumentUnreadable),
    ],
)
async def test_what_cannot_be_signed_is_not_asked_about(
    change: dict[str, Any], error: type[BridgeError]
) -> None:
    place = Place(TWO)
    values: dict[str, Any] = {"documents": DOCUMENTS, "format": "cades"}
    params = messages.SignDocumentsParams(**values | change)
    assert type(await refused(place, "sign.documents", params)) is error
    assert place.consent.windows == [] and place.tokens.events == []


async def test_all_or_nothing() -> None:
    place = Place(TWO)
    place.tokens.sign_error, place.tokens.signs_before_error = errors.DriverTimeout(driver="OpenSC"), 1
    assert isinstance(await refused(place, "sign.documents", SIGN), errors.DriverTimeout)
    assert len(place.making.orders) == 2
    assert place.tokens.logged_in is None
