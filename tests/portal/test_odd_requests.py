"""Requests that no page sends: refused with a sentence, never answered with an error of the portal's own."""

import asyncio
from pathlib import Path

import pytest

from tests.portal.clerk import FORM, Clerk
from tests.portal.companies import another_card, rows
from tests.portal.test_change import reason_of

FORM_TYPE = "application/x-www-form-urlencoded"


async def raw(clerk: Clerk, path: str, headers: str, body: bytes) -> int:
    """The status of a request that is written octet by octet."""
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in clerk.client.session.cookie_jar)
    reader, writer = await asyncio.open_connection("127.0.0.1", clerk.client.server.port)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: portal\r\nOrigin: {clerk.origin}\r\nCookie: {cookies}\r\n"
        f"{headers}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode("latin-1") + body)
    status = await reader.readline()
    writer.close()
    return int(status.split()[1])


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (f"Content-Type: {FORM_TYPE}", b"csrf=\xff", 400),
        (f"Content-Type: {FORM_TYPE}; charset=nonsense", b"csrf=x", 400),
        ("Content-Type: multipart/form-data", b"csrf=x", 400),
        (f"Content-Type: {FORM_TYPE}", b"csrf=x", 403),
        (f"Content-Type: {FORM_TYPE}\r\nX-CSRF-Token: \xff", b"", 403),
    ],
)
async def test_forms_in_no_encoding(clerk: Clerk, headers: str, body: bytes, status: int) -> None:
    await clerk.enter()
    assert await raw(clerk, clerk.base + "holder", headers, body) == status
    if status == 400:
        assert await raw(clerk, "/language", headers, body) == 400


async def test_half_of_a_surrogate_pair(clerk: Clerk) -> None:
    """JSON can write what is no character; kept in a draft, it would break the page for a day."""
    await clerk.authenticate()
    await clerk.submit("holder")
    answer = await clerk.post("api/draft", {"kind": "search", "values": {"name": "\ud800"}})
    assert answer.status == 400
    assert (await clerk.get("search")).status == 200
    for page in ("api/authenticate", "api/complete", "api/document", "api/check"):
        await clerk.nonce()
        answer = await clerk.post(page, {"token": {"signature": "\udfff"}, "transaction": "\ud800"})
        assert 400 <= answer.status < 500, page


async def test_json_without_end(clerk: Clerk) -> None:
    await clerk.enter()
    assert await raw(clerk, clerk.base + "api/draft", f"X-CSRF-Token: {clerk.csrf}", b"[" * 100_000) == 400


async def test_name_with_a_control_character_is_no_attempt(clerk: Clerk, data: Path) -> None:
    """PostgreSQL stores no NUL."""
    await clerk.authenticate()
    response = await clerk.find(name=clerk.sample["name"] + "\0")
    assert response.status == 400 and 'id="name-error"' in clerk.text
    assert rows(data, "SELECT * FROM lookup_attempts") == []


@pytest.mark.parametrize("kept", ["{}", " {} ", "株式会社{}"])
@pytest.mark.parametrize("wide", [False, True])
async def test_number_typed_into_the_wrong_field_is_not_kept(
    clerk: Clerk, data: Path, kept: str, wide: bool
) -> None:
    await clerk.authenticate()
    await clerk.submit("holder")
    number = clerk.sample["number"]
    typed = kept.format("".join(chr(ord(digit) + 0xFEE0) for digit in number) if wide else number)
    await clerk.post("api/draft", {"kind": "search", "values": {"name": typed}})
    await clerk.submit("search", number="", name=typed)
    assert rows(data, "SELECT \"values\" ->> 'name' FROM draft") == [("",)]
    await clerk.post("api/draft", {"kind": "search", "values": {"name": "株式会社123"}})
    assert rows(data, "SELECT \"values\" ->> 'name' FROM draft") == [("株式会社123",)]


async def test_renewal_without_its_new_card_has_no_document(
    clerk: Clerk, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await clerk.register()
    await clerk.get("")
    await clerk.get("change")
    await clerk.follow(await clerk.identify("renewOld"))
    monkeypatch.setattr("cardbridge_portal.registration.seen_digest", lambda session: "seen")
    assert await reason_of(await clerk.post("api/document", {"seen": "seen"})) == (409, "transactionUnknown")


async def test_new_card_of_a_renewal_registers_nothing(clerk: Clerk, data: Path) -> None:
    """Holder, search and form are of 登録: a renewal under way does not go on there."""
    await clerk.register()
    await clerk.get("")
    await clerk.get("change")
    await clerk.follow(await clerk.identify("renewOld"))
    await clerk.follow(await clerk.identify("renewNew", another_card(data)))
    await clerk.find()
    await clerk.submit("form", **FORM)
    state = rows(data, "SELECT procedure, company_id, holder_confirmed FROM portal_session")
    assert state == [("renew", 1, 0)]
    assert rows(data, "SELECT COUNT(*) FROM registration") == [(1,)]
