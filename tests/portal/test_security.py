"""Nonces, CSRF, cookies, headers, request sizes."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from cardbridge_portal.form import read_form
from cardbridge_portal.security import content_security_policy
from cardbridge_portal.sessions import cookie_name
from cardbridge_portal.settings import Settings, parse_origin, parse_ports
from tests.portal.clerk import FORM, Clerk, Clock
from tests.portal.conftest import MakeClerk


async def test_nonce_is_used_once(clerk: Clerk) -> None:
    await clerk.enter()
    nonce = await clerk.nonce()
    token = clerk.token(nonce)
    assert (await clerk.post("api/authenticate", {"token": token})).status == 200
    await clerk.get("pin")
    response = await clerk.post("api/authenticate", {"token": token})
    assert response.status == 409 and (await response.json())["reason"] == "nonceExpired"


async def test_refused_token_uses_the_nonce_up(clerk: Clerk) -> None:
    await clerk.enter()
    nonce = await clerk.nonce()
    bad = clerk.token(nonce, origin="https://portal.example.com")
    response = await clerk.post("api/authenticate", {"token": bad})
    assert response.status == 422 and (await response.json())["reason"] == "tokenSignatureInvalid"
    assert (await clerk.post("api/authenticate", {"token": clerk.token(nonce)})).status == 409


async def test_nonce_lives_five_minutes(clerk: Clerk, clock: Clock) -> None:
    await clerk.enter()
    token = clerk.token(await clerk.nonce())
    clock.pass_s(301)
    assert (await clerk.post("api/authenticate", {"token": token})).status == 409


async def test_nonce_of_another_session(clerk_for: MakeClerk) -> None:
    one, other = await clerk_for(), await clerk_for()
    await one.enter()
    await other.enter()
    nonce, _ = await one.nonce(), await other.nonce()
    response = await other.post("api/authenticate", {"token": other.token(nonce)})
    assert response.status == 422
    assert (await one.post("api/authenticate", {"token": one.token(nonce)})).status == 200


async def test_nonces_are_long_and_differ(clerk: Clerk) -> None:
    await clerk.enter()
    nonces = {await clerk.nonce() for _ in range(5)}
    assert len(nonces) == 5 and all(44 <= len(nonce) <= 128 for nonce in nonces)


async def test_session_identifier_and_csrf_rotate(clerk: Clerk) -> None:
    await clerk.enter()
    csrf, before = clerk.csrf, _cookie(clerk)
    await clerk.post("api/authenticate", {"token": clerk.token(await clerk.nonce())})
    assert _cookie(clerk) != before
    await clerk.get("search")
    assert clerk.csrf != csrf
    old = {"Cookie": f"cardbridge-portal={before}"}
    clerk.client.session.cookie_jar.clear()
    assert (await clerk.client.get(clerk.base + "search", headers=old)).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"X-CSRF-Token": "wrong"},
        {"X-CSRF-Token": ""},
    ],
)
async def test_requests_of_other_sites(clerk: Clerk, headers: dict[str, str]) -> None:
    await clerk.enter()
    clerk.headers = headers
    assert (await clerk.post("api/challenge")).status == 403
    clerk.headers = {}
    assert (await clerk.post("api/challenge")).status == 200


async def test_post_without_any_sign_of_its_origin(clerk: Clerk) -> None:
    await clerk.enter()
    for headers in ({}, {"Origin": "null"}):
        response = await clerk.client.post(
            clerk.base + "api/challenge", json={}, headers={"X-CSRF-Token": clerk.csrf} | headers
        )
        assert response.status == 403


@pytest.mark.parametrize("page", ["holder", "search", "form"])
async def test_forms_need_the_csrf_token(clerk: Clerk, page: str) -> None:
    await clerk.authenticate()
    right, clerk.csrf = clerk.csrf, "wrong"
    assert (await clerk.submit(page, **FORM)).status == 403
    clerk.csrf = right
    assert (await clerk.submit(page, **FORM)).status in {200, 400}


async def test_every_post_needs_a_session(clerk: Clerk) -> None:
    for page in ("api/challenge", "api/authenticate", "api/document", "api/complete"):
        response = await clerk.post(page)
        assert response.status == 401 and (await response.json())["reason"] == "sessionExpired"


async def test_cookie(clerk: Clerk) -> None:
    response = await clerk.get("")
    header = response.headers["Set-Cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert part in header
    assert "Domain" not in header
    assert cookie_name(Settings(data=Path("/x"), origin="https://portal.example.jp")).startswith("__Host-")


@pytest.mark.parametrize("path", ["/", "/m/462012/", "/m/462012/menu", "/nowhere", "/static/portal.css"])
async def test_headers(clerk: Clerk, path: str) -> None:
    headers = (await clerk.client.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"].split()[1:] == [f"ws://127.0.0.1:{port}" for port in range(28470, 28474)]
    assert "unsafe" not in str(policy) and "upgrade-insecure-requests" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")


async def test_pages_obey_the_policy(clerk: Clerk) -> None:
    """No inline script, style or event handler in any page."""
    await clerk.until_confirm()
    for page in ("", "menu", "pin", "search", "form", "confirm"):
        await clerk.get(page)
        assert "<style" not in clerk.text and " style=" not in clerk.text and " onclick=" not in clerk.text
        assert clerk.text.count("<script") == clerk.text.count('<script type="module" src="/static/')


async def test_large_requests_are_refused(clerk: Clerk) -> None:
    await clerk.enter()
    response = await clerk.post("api/authenticate", {"token": "x" * 300_000})
    assert response.status == 413


async def test_broken_requests(clerk: Clerk) -> None:
    await clerk.until_confirm()
    bodies: list[object] = [[], {"transaction": 1}, {"transaction": "x", "signature": "*"}, {"signature": 5}]
    for body in bodies:
        response = await clerk.post("api/complete", body)
        assert response.status in {400, 409}, body
    await clerk.nonce()
    assert (await clerk.post("api/authenticate", ["x"])).status == 422


async def test_markup_in_a_form_is_text(clerk: Clerk) -> None:
    await clerk.authenticate()
    await clerk.find()
    await clerk.submit("form", **FORM | {"department": "<script>alert(1)</script>"})
    assert "<script>alert" not in clerk.text and "&lt;script&gt;" in clerk.text


async def test_other_methods(clerk: Clerk) -> None:
    assert (await clerk.client.request("PUT", "/")).status == 405


async def test_session_that_is_ended_while_a_request_is_at_work(
    clerk: Clerk, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The authority suspends the company just then: the session is over, the portal has not failed."""
    await clerk.authenticate()
    await clerk.find()

    def suspended(given: Mapping[str, object]) -> dict[str, str]:
        with sqlite3.connect(data / "portal.sqlite3") as database:
            database.execute("DELETE FROM portal_session")
        return read_form(given)

    monkeypatch.setattr("cardbridge_portal.pages.entry.read_form", suspended)
    assert (await clerk.submit("form", **FORM)).status == 401
    assert 'data-reason="sessionExpired"' in clerk.text


async def test_internal_errors_say_nothing(
    clerk: Clerk, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken database: no value that was typed reaches the answer or the log."""
    await clerk.authenticate()
    await clerk.submit("holder")
    with sqlite3.connect(data / "portal.sqlite3") as database:
        database.execute("ALTER TABLE company RENAME TO lost")
    response = await clerk.find()
    assert response.status == 500 and response.headers["Content-Security-Policy"]
    for secret in (clerk.sample["number"], clerk.sample["name"]):
        assert secret not in clerk.text + caplog.text
    assert "internal error: OperationalError" in caplog.text


def test_policy_names_the_ports() -> None:
    settings = Settings(data=Path("/x"), origin="https://portal.example.jp", bridge_ports=(1024,))
    assert "connect-src 'self' ws://127.0.0.1:1024;" in content_security_policy(settings)


@pytest.mark.parametrize(
    "text",
    [
        "http://portal.example.jp",
        "https://portal.example.jp/",
        "https://a@b",
        "portal",
        "https://",
        "ftp://localhost",
    ],
)
def test_origins_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        parse_origin(text)


def test_origins_and_ports() -> None:
    for origin in ("https://portal.example.jp", "https://portal.example.jp:8443", "http://localhost:8080"):
        assert parse_origin(origin) == origin
    assert parse_ports("28470-28473") == (28470, 28471, 28472, 28473)
    for text in ("1-99", "x", "5-4", "65535-65536"):
        with pytest.raises(ValueError):  # noqa: PT011
            parse_ports(text)


def _cookie(clerk: Clerk) -> str:
    return next(cookie.value for cookie in clerk.client.session.cookie_jar)
