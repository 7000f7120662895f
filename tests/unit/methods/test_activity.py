"""What the methods leave in the audit log: each operation once, however it ends, in no words of the page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.core import errors
from bridge.core.audit import AuditEntry, What
from bridge.core.messages import (
    ChooseParams,
    Document,
    GetTokenParams,
    NoParams,
    Params,
    ReaderParams,
    SignDocumentsParams,
    SignHashParams,
    VerifyPinParams,
)
from bridge.core.ports import Survey
from bridge.core.settings import DriverSettings, Settings, SiteSettings
from bridge.methods.table import TABLE
from tests.unit.certificates import certificate
from tests.unit.methods.fakes import (
    A,
    B,
    Person,
    Place,
    agrees,
    cancels,
    gives_up_after,
    is_slow,
    opened,
    settle,
    waits,
)
from tests.unit.tokens import placed, survey

NONCE = "A" * 44
NUMBER = "46201-0012345"
DOCUMENTS = tuple(
    Document(name=f"申請書{NUMBER}-{number}.txt", media_type="text/plain", content=NUMBER.encode())
    for number in range(3)
)
SIGN = SignDocumentsParams(documents=DOCUMENTS, format="cades")
TOKEN = GetTokenParams(challenge_nonce=NONCE)


async def ask(place: Place, method: str, params: Params, *, session: bool = False) -> Any:
    """As the server calls a method."""
    site = SiteSettings(origin=str(A), pin="session" if session else "each")
    call = place.call(site=site)
    work: Awaitable[Any] = TABLE[method].handle(call, params)
    return await place.desk.activity.follow(call.trail, A, method, params, work)


def only(place: Place) -> AuditEntry:
    (entry,) = place.audit.entries
    assert NUMBER not in repr(entry)
    return entry


@pytest.mark.parametrize(
    ("method", "params", "what"),
    [
        ("auth.getToken", TOKEN, "authenticate"),
        ("card.verifyPin", VerifyPinParams(), "verifyPin"),
        ("card.changePin", ReaderParams(), "changePin"),
        ("card.unblockPin", ReaderParams(), "unblockPin"),
        ("certificates.choose", ChooseParams(purpose="authentication"), "chooseAuthentication"),
        ("certificates.choose", ChooseParams(purpose="signature"), "chooseSignature"),
        ("sign.documents", SIGN, "sign"),
    ],
)
@pytest.mark.parametrize(
    ("person", "result"), [(agrees, "ok"), (cancels, "userCancelled"), (is_slow, "userTimeout")]
)
async def test_every_operation_leaves_one_entry(
    method: str, params: Params, what: What, person: Person, result: str
) -> None:
    place = Place()
    place.consent.person = person
    if result == "ok":
        await ask(place, method, params)
    else:
        with pytest.raises(errors.BridgeError):
            await ask(place, method, params)
    entry = only(place)
    assert (entry.what, entry.method, entry.origin, entry.result) == (what, method, str(A), result)
    assert entry.certificate is not None and entry.certificate.thumbprint
    assert entry.time.endswith("Z")


async def test_documents_are_counted_and_not_named() -> None:
    place = Place()
    await ask(place, "sign.documents", SIGN)
    documents = only(place).documents
    assert documents is not None
    assert (documents.count, documents.size_bytes) == (3, 3 * len(NUMBER))
    assert documents.media_types == ("text/plain",)


async def test_wrong_pins_are_told_of_their_card() -> None:
    place = Place()
    place.consent.person = gives_up_after("incorrect", pin_state="countLow")
    with pytest.raises(errors.PinIncorrect):
        await ask(place, "auth.getToken", TOKEN)
    entry = only(place)
    assert entry.result == "pinIncorrect" and entry.certificate is not None


async def test_what_fails_before_a_window() -> None:
    place = Place()
    place.desk.board.pcsc_changed(replace_readers())
    place.tokens.surveys = [Survey(tokens=(), unrecognised=(), failures=())]
    with pytest.raises(errors.NoReader):
        await ask(place, "auth.getToken", TOKEN)
    entry = only(place)
    assert entry.result == "noReader" and entry.certificate is None


def replace_readers() -> Any:
    from bridge.core.reader_table import PcscReaders

    return PcscReaders(available=True, readers=())


async def test_documents_that_cannot_be_read() -> None:
    place = Place()
    with pytest.raises(errors.DocumentUnreadable):
        await ask(place, "sign.documents", replace(SIGN, documents=(replace(DOCUMENTS[0], name="a/b"),)))
    assert only(place).result == "documentUnreadable" and only(place).documents is None


async def test_a_bug_is_an_internal_error() -> None:
    place = Place()
    place.tokens.surveys = []
    with pytest.raises(IndexError):
        await ask(place, "auth.getToken", TOKEN)
    assert only(place).result == "internalError"


async def test_a_page_that_goes_away() -> None:
    place = Place()
    place.consent.person = waits
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask(place, "auth.getToken", TOKEN))
        await settle()
        asking.cancel()
    entry = only(place)
    assert entry.result == "withdrawn" and entry.certificate is not None


async def test_a_login_within_a_session_is_an_operation_too() -> None:
    place = Place()
    opened(place)
    for _ in range(2):
        await ask(place, "auth.getToken", TOKEN, session=True)
    assert [entry.result for entry in place.audit.entries] == ["ok", "ok"]
    assert all(entry.certificate is not None for entry in place.audit.entries)
    assert place.consent.windows == []


async def test_a_flood_without_a_person_is_counted() -> None:
    place = Place()
    place.desk.board.pcsc_changed(replace_readers())
    place.tokens.surveys = [Survey(tokens=(), unrecognised=(), failures=())]
    for _ in range(200):
        with pytest.raises(errors.NoReader):
            await ask(place, "auth.getToken", TOKEN)
    assert len(place.audit.entries) == 60
    place.desk.board.pcsc_changed(Place().board._pcsc)
    place.tokens.surveys = [survey(placed([certificate()]))]
    await ask(place, "auth.getToken", TOKEN)
    assert place.audit.entries[-1].result == "ok" and place.audit.entries[-1].skipped == 140


async def test_every_window_is_recorded_however_many() -> None:
    place = Place()
    for _ in range(100):
        await ask(place, "auth.getToken", TOKEN)
    assert len(place.audit.entries) == 100


async def test_windows_that_a_page_takes_away_are_counted() -> None:
    """They could push what was really done out of a log that has an end."""
    place = Place()
    place.consent.person = waits
    for _ in range(100):
        place.clock.seconds += 0.1
        place.desk.unanswered._times.clear()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(ask(place, "auth.getToken", TOKEN))
            await settle()
            asked.cancel()
    assert len(place.consent.windows) == 100
    assert [entry.result for entry in place.audit.entries] == ["withdrawn"] * 60
    place.consent.person = agrees
    await ask(place, "auth.getToken", TOKEN)
    assert place.audit.entries[-1].result == "ok" and place.audit.entries[-1].skipped == 40


async def test_hash_signing_that_is_off() -> None:
    place = Place()
    params = SignHashParams(certificate=certificate(), hash="00" * 32, hash_function="SHA-256")
    with pytest.raises(errors.OriginNotPermitted):
        await ask(place, "sign.hash", params)
    assert (only(place).what, only(place).result) == ("signHash", "originNotPermitted")


@pytest.mark.parametrize("method", ["bridge.info", "readers.list", "session.close"])
async def test_what_no_person_sees_is_no_operation(method: str) -> None:
    place = Place()
    await ask(place, method, NoParams())
    assert place.audit.entries == []


def test_a_refused_site() -> None:
    place = Place()
    for origin in (A, A, B, None):
        place.desk.activity.refused(origin)
    entries = place.audit.entries
    assert [(entry.what, entry.origin) for entry in entries] == [("refused", o) for o in (str(A), str(B), "")]
    assert entries[1].skipped == 1 and entries[0].method == ""


def site(origin: object, **rules: Any) -> SiteSettings:
    return SiteSettings(origin=str(origin), **rules)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([site(A)], [site(A), site(B)], [("siteAllowed", str(B))]),
        ([site(A), site(B)], [site(B)], [("siteRemoved", str(A))]),
        ([site(A)], [site(A, allow_hash_signing=True)], [("siteChanged", str(A))]),
        ([site(A)], [site(B)], [("siteRemoved", str(A)), ("siteAllowed", str(B))]),
        ([site(A)], [site(f"{A}:443")], [("siteChanged", str(A))]),
        ([site(A)], [site(A)], []),
    ],
)
def test_other_sites(
    before: list[SiteSettings], after: list[SiteSettings], told: list[tuple[str, str]]
) -> None:
    place = Place()
    place.desk.activity.configured(Settings(site=tuple(before)), Settings(site=tuple(after)))
    assert [(entry.what, entry.origin) for entry in place.audit.entries] == told


def test_other_drivers_are_told_without_their_paths() -> None:
    place = Place()
    driver = DriverSettings(name="OpenSC", path="/home/somebody/driver.so")
    place.desk.activity.configured(Settings(), Settings(driver=(driver,)))
    entry = only(place)
    assert entry.what == "driversChanged" and "somebody" not in repr(entry)
