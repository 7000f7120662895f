"""S0 to S8 over HTTP, and what is left behind: database, log, document."""

import asyncio
import logging
import sqlite3
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from cardbridge_portal import registration
from cardbridge_portal.cards import company_turn
from cardbridge_portal.database import PortalSession
from tests.portal.clerk import FORM, Clerk, Clock
from tests.portal.companies import execute, rows
from tests.portal.conftest import MakeClerk
from tests.portal.signing import b64, load, make_cades


async def test_whole_registration(clerk: Clerk, data: Path, tmp_path: Path) -> None:
    response = await clerk.see(await clerk.client.get("/"))
    assert 'data-screen="S0"' in clerk.text and clerk.text.count("data-code=") == 43
    await clerk.get("")
    assert 'data-screen="S1"' in clerk.text
    await clerk.get("menu")
    assert 'data-screen="S2"' in clerk.text
    await clerk.authenticate()
    assert 'data-screen="S4"' in clerk.text and "株式会社見本建設" in clerk.text
    assert 'id="number"' not in clerk.text  # the holder is confirmed first
    await clerk.submit("holder")
    assert 'id="number"' in clerk.text
    await clerk.find()
    assert 'data-screen="S5"' in clerk.text
    await clerk.submit("form", **FORM)
    assert 'data-screen="S6"' in clerk.text
    transaction, document = await clerk.document()
    response = await clerk.complete(transaction, await clerk.sign(document))
    answer = await response.json()
    assert response.status == 200 and answer["next"].endswith("/done")
    await clerk.get("done")
    assert 'data-screen="S7"' in clerk.text and answer["receipt"] in clerk.text
    await clerk.get("print")
    assert 'data-screen="S8"' in clerk.text and "＊＊＊＊＊＊＊＊" in clerk.text
    assert clerk.sample["number"] not in clerk.text
    _verify_stored_with_openssl(data, tmp_path)


def _verify_stored_with_openssl(data: Path, folder: Path) -> None:
    with sqlite3.connect(data / "portal.sqlite3") as database:
        document, signature = database.execute("SELECT document, signature FROM event").fetchone()
    (folder / "d").write_bytes(document)
    (folder / "s").write_bytes(signature)
    command: list[str | Path] = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        folder / "s",
        "-content",
        folder / "d",
        "-CAfile",
        data / "authority" / "ca.crt.pem",
        "-purpose",
        "any",
        "-out",
        folder / "o",
    ]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "d").write_bytes(document + b"x")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


async def test_document_is_readable_and_bound(clerk: Clerk) -> None:
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    lines = document.decode().splitlines()
    _, certificate = load(clerk.card, "authentication")
    assert lines[0] == "利用者登録申請書"
    assert f"ポータル：{clerk.origin}" in lines
    assert "発注機関：鹿児島市（462012）" in lines
    assert f"手続番号：{transaction}" in lines
    assert "代表窓口情報　メールアドレス：keiyaku@example.jp" in lines
    assert f"認証用電子証明書の拇印（SHA-256）：{certificate.fingerprint(hashes.SHA256()).hex()}" in lines
    assert clerk.sample["number"] not in document.decode()
    assert await clerk.document() == (transaction, document)


async def test_changed_form_is_another_transaction(clerk: Clerk) -> None:
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    await clerk.submit("form", **FORM | {"department": "別の部署"})
    response = await clerk.complete(transaction, await clerk.sign(document))
    assert response.status == 409 and (await response.json())["reason"] == "transactionUnknown"
    assert (await clerk.document())[0] != transaction


async def test_sent_twice_is_one_registration(clerk: Clerk, data: Path) -> None:
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    signature = await clerk.sign(document)
    responses = await asyncio.gather(*(clerk.complete(transaction, signature) for _ in range(4)))
    receipts = {(await response.json())["receipt"] for response in responses}
    assert {response.status for response in responses} == {200} and len(receipts) == 1
    with sqlite3.connect(data / "portal.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM registration").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM card").fetchone() == (1,)


async def test_registered_card_is_refused_at_search(clerk: Clerk) -> None:
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    await clerk.complete(transaction, await clerk.sign(document))
    await clerk.authenticate()
    assert 'data-reason="cardAlreadyRegistered"' in clerk.text and 'id="number"' not in clerk.text


async def test_two_sessions_one_card(clerk_for: MakeClerk) -> None:
    first, second = await clerk_for(), await clerk_for()
    signed = []
    for clerk in (first, second):
        await clerk.until_confirm()
        transaction, document = await clerk.document()
        signed.append((clerk, transaction, await clerk.sign(document)))
    statuses = [(await clerk.complete(transaction, value)).status for clerk, transaction, value in signed]
    assert statuses == [200, 409]


@pytest.mark.parametrize("which", ["byte", "authentication key of another card", "other transaction"])
async def test_signature_must_fit(clerk_for: MakeClerk, which: str) -> None:
    clerk, other = await clerk_for(), await clerk_for(1)
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    if which == "byte":
        signature, reason = await clerk.sign(document + b"\n"), "digestMismatch"
    elif which == "other transaction":
        await other.until_confirm()
        _, foreign = await other.document()
        signature, reason = await clerk.sign(foreign), "digestMismatch"
    else:
        signature, reason = await other.sign(document), "signerMismatch"
    response = await clerk.complete(transaction, signature)
    assert response.status == 422 and (await response.json())["reason"] == reason
    assert (await clerk.complete(transaction, await clerk.sign(document))).status == 200


async def test_signature_by_the_authentication_key_is_accepted(clerk: Clerk) -> None:
    """Tokens without a nonRepudiation certificate sign with digitalSignature."""
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    signature = await make_cades(*load(clerk.card, "authentication"), document)
    assert (await clerk.complete(transaction, b64(signature))).status == 200


async def test_number_is_nowhere(clerk: Clerk, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await clerk.authenticate()
    await clerk.find(name="違う会社")
    assert clerk.sample["number"] not in clerk.text
    await clerk.find()
    await clerk.submit("form", **FORM)
    transaction, document = await clerk.document()
    await clerk.complete(transaction, await clerk.sign(document))
    for page in ("search", "form", "done", "print"):
        await clerk.get(page)
        assert clerk.sample["number"] not in clerk.text
    number = clerk.sample["number"].encode()
    assert number not in stored_bytes(data)
    portal_log = "\n".join(r.getMessage() for r in caplog.records if r.name == "cardbridge_portal")
    for secret in (clerk.sample["number"], clerk.sample["name"], "見本", transaction, "keiyaku"):
        assert secret not in portal_log
    assert "/m/{code}/search" in portal_log


def stored_bytes(data: Path) -> bytes:
    """All that SQLite has on the disk."""
    return b"".join(path.read_bytes() for path in data.glob("portal.sqlite3*"))


async def test_idle_session_ends(clerk: Clerk, clock: Clock) -> None:
    await clerk.authenticate()
    clock.pass_s(590)
    await clerk.get("search")
    assert 'data-screen="S4"' in clerk.text
    clock.pass_s(601)
    response = await clerk.get("search")
    assert response.status == 401 and 'data-reason="sessionExpired"' in clerk.text


async def test_screens_cannot_be_skipped(clerk: Clerk) -> None:
    assert (await clerk.get("menu")).status == 401
    await clerk.get("")
    for page, expected in (
        ("search", "S3"),
        ("form", "S3"),
        ("confirm", "S3"),
        ("done", "S2"),
        ("print", "S2"),
        ("change", "S9"),
        ("renew-confirm", "S10"),
        ("mypage", "S11"),
    ):
        await clerk.get(page)
        assert f'data-screen="{expected}"' in clerk.text
    assert (await clerk.get("receipts/20261127-00000000")).status == 404
    assert (await clerk.client.get("/m/999999/")).status == 404


async def test_suspended_company(clerk: Clerk, data: Path) -> None:
    """Told at S4, and at S6 where it came later; nothing is registered."""
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    await execute(data, "UPDATE company SET state = 'suspended'")
    response = await clerk.complete(transaction, await clerk.sign(document))
    assert response.status == 409 and (await response.json())["reason"] == "companySuspended"
    await clerk.authenticate()
    assert (await clerk.find()).status == 403 and 'data-reason="companySuspended"' in clerk.text
    assert rows(data, "SELECT * FROM card") == []


async def test_session_that_has_gone_on(clerk: Clerk, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another tab begins anew in the moment between the check of a signature and its registration."""

    async def turn(db: AsyncSession, company_id: int) -> None:
        await company_turn(db, company_id)
        await db.execute(update(PortalSession).values(transaction_id=None))

    await clerk.until_confirm()
    transaction, document = await clerk.document()
    with monkeypatch.context() as patched:
        patched.setattr(registration, "company_turn", turn)
        response = await clerk.complete(transaction, await clerk.sign(document))
    assert response.status == 409 and (await response.json())["reason"] == "transactionUnknown"
    assert rows(data, "SELECT * FROM card") == []
    assert (await clerk.complete(transaction, await clerk.sign(document))).status == 200


async def test_another_municipality_starts_over(clerk: Clerk) -> None:
    await clerk.authenticate()
    await clerk.client.get("/m/462039/")
    assert (await clerk.get("search")).status == 401
