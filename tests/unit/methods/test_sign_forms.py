"""`sign.documents`: what a maker is asked for, time stamps, and signing within a session."""

import asyncio
import hashlib
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.core import errors, messages
from bridge.core.messages import NoParams
from bridge.core.settings import SiteSettings
from tests.unit.certificates import LOGIN, NOW, SIGNATURE, authority, certificate, name
from tests.unit.methods.asking import TOKEN, TWO, ask, refused
from tests.unit.methods.fakes import FakeTimeStamps, Place, settle, waits
from tests.unit.tokens import placed, survey

XML = messages.Document(name="入札書.xml", media_type="text/xml; charset=utf-8", content=b"<a/>")
STAMPED = SiteSettings(origin="https://a.jp", timestamp_url="https://tsa.example.jp:8443/ts")


def params(**changes: Any) -> messages.SignDocumentsParams:
    values: dict[str, Any] = {"documents": (XML,), "format": "cades"}
    return messages.SignDocumentsParams(**values | changes)


async def test_all_that_a_signature_is_made_of() -> None:
    sub = authority(name("Sub"), name("Sub"))
    der = certificate(issuer=name("Sub"), usage=SIGNATURE)
    place = Place(survey(placed([der, sub])))
    await ask(place, "sign.documents", params(packaging="enveloping"))
    (order,) = place.making.orders
    assert (order.form.format, order.form.packaging, order.form.level) == ("cades", "enveloping", "B-B")
    assert (order.name, order.media_type, order.content) == ("入札書.xml", "text/xml", b"<a/>")
    assert order.digest == hashlib.sha256(b"<a/>").digest()
    assert (order.certificate, order.chain) == (der, (sub,))
    assert (order.algorithm, order.signing_time) == ("ES256", NOW)


async def test_detached_leaves_the_content_out() -> None:
    place = Place(TWO)
    await ask(place, "sign.documents", params())
    (order,) = place.making.orders
    assert order.content == b"" and order.digest == hashlib.sha256(b"<a/>").digest()


@pytest.mark.parametrize("size", [1024 * 1024, 1024 * 1024 + 1])
async def test_large_documents_have_the_same_digest(size: int) -> None:
    place, content = Place(TWO), b"a" * size
    document = messages.Document(name="a.txt", media_type="text/plain", content=content)
    result = await ask(place, "sign.documents", params(documents=(document,)))
    (order,) = place.making.orders
    assert order.digest == hashlib.sha256(content).digest()
    assert result.signatures[0].document_digest == order.digest.hex()


async def test_what_can_be_read_is_read_before_anyone_is_asked() -> None:
    place = Place(TWO)
    await ask(place, "sign.documents", params())
    assert place.making.checked == []
    await ask(place, "sign.documents", params(format="xades"))
    assert place.making.checked == ["入札書.xml"]
    place.making.error = errors.DocumentUnreadable(document="入札書.xml")
    before = len(place.consent.windows)
    error = await refused(place, "sign.documents", params(format="xades"))
    assert isinstance(error, errors.DocumentUnreadable)
    assert len(place.consent.windows) == before


async def test_a_key_that_cannot_sign_asks_for_no_pin() -> None:
    place = Place(survey(placed([certificate(usage=SIGNATURE)], mechanisms=frozenset({"RSA_PKCS"}))))
    assert isinstance(await refused(place, "sign.documents", params()), errors.UnsupportedAlgorithm)
    assert place.consent.windows == [] and "login" not in place.tokens.events


def stamping(place: Place) -> FakeTimeStamps:
    stamps = FakeTimeStamps()
    place.desk = replace(place.desk, time_stamps=stamps)
    return stamps


async def test_the_time_stamp_comes_from_the_sites_own_authority() -> None:
    place = Place(TWO)
    stamps = stamping(place)
    await ask(place, "sign.documents", params(level="B-T"), site=STAMPED)
    assert stamps.asked == [("https://tsa.example.jp:8443/ts", b"request")]
    await ask(place, "sign.documents", params(), site=STAMPED)
    assert len(stamps.asked) == 1


async def test_without_an_authority_there_is_no_level_b_t() -> None:
    place = Place(TWO)
    error = await refused(place, "sign.documents", params(level="B-T"), site=STAMPED)
    assert isinstance(error, errors.UnsupportedFormat)
    stamps = stamping(place)
    assert isinstance(await refused(place, "sign.documents", params(level="B-T")), errors.UnsupportedFormat)
    assert stamps.asked == [] and place.consent.windows == []


async def test_an_authority_that_fails_is_named_and_ends_no_session() -> None:
    place = Place(TWO)
    stamps = stamping(place)
    site = SiteSettings(origin="https://a.jp", pin="session", timestamp_url=STAMPED.timestamp_url)
    await ask(place, "auth.getToken", TOKEN, site=site)
    stamps.error = errors.TimeStampFailed()
    error = await refused(place, "sign.documents", params(level="B-T"), site=site)
    assert isinstance(error, errors.TimeStampFailed) and error.data == {"driver": "tsa.example.jp"}
    assert place.sessions.of(1) is not None


async def test_signing_is_a_use_of_the_session_and_sends_no_pin_again() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    place.clock.seconds += 299
    await ask(place, "sign.documents", params())
    assert place.tokens.events[-1] == "forget"
    place.clock.seconds += 299
    assert place.sessions.of(1) is not None


async def test_another_card_than_the_sessions_asks_for_its_own_pin() -> None:
    first = placed([certificate(usage=LOGIN, serial=1)], slot=0)
    second = placed([certificate(usage=SIGNATURE, serial=2)], slot=1)
    place = Place(survey(first), survey(first, second))
    await ask(place, "auth.getToken", TOKEN)
    wanted = hashlib.sha256(second.token.certificates[0].der).hexdigest()
    await ask(place, "sign.documents", params(certificate=wanted))
    logins = [index for index, event in enumerate(place.tokens.events) if event == "login"]
    assert len(logins) == 2 and "ended" in place.tokens.events[logins[0] : logins[1]]
    assert place.sessions.of(1) is None and place.tokens.logged_in is None


async def test_closing_a_session_waits_for_its_turn_and_takes_no_windows_place() -> None:
    place = Place(TWO)
    await ask(place, "auth.getToken", TOKEN)
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        running = group.create_task(ask(place, "sign.documents", params()))
        await settle()
        waiting = group.create_task(ask(place, "sign.documents", params()))
        await settle()
        closing = group.create_task(ask(place, "session.close", NoParams()))
        await settle()
        assert not (running.done() or waiting.done() or closing.done())
        waiting.cancel()
        running.cancel()
    assert closing.result() == messages.Empty()
    assert place.sessions.of(1) is None and place.tokens.logged_in is None
