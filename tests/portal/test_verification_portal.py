"""The demo portal asks its own authority: S3 and S6 with good, revoked and unknown cards; /ocsp over HTTP."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.x509 import ocsp

from cardbridge_portal.authority import (
    issue_card,
    issued_serials,
    make_authority,
    open_authority,
    revoke,
    revoked_serials,
)
from cardbridge_portal.cli import main
from cardbridge_portal.responder import Responder
from cardbridge_portal.verification.ocsp import Question
from tests.portal.clerk import Clerk, read_samples
from tests.portal.signing import load, make_token


async def refusal(clerk: Clerk) -> str:
    """S0 to S3; the reason, or ''."""
    await clerk.enter()
    response = await clerk.post("api/authenticate", {"token": clerk.token(await clerk.nonce())})
    answer = await response.json()
    if response.status == 200:
        return ""
    assert response.status == 422 and answer["message"]
    return str(answer["reason"])


async def test_good_then_revoked(clerk: Clerk, data: Path) -> None:
    assert await refusal(clerk) == ""
    revoke(data, load(clerk.card, "authentication")[1], datetime.now(UTC))
    assert await refusal(clerk) == "certificateRevoked"


async def test_sentence_of_the_refusal(clerk: Clerk, data: Path) -> None:
    revoke(data, load(clerk.card, "authentication")[1], datetime.now(UTC))
    await clerk.enter()
    response = await clerk.post("api/authenticate", {"token": clerk.token(await clerk.nonce())})
    assert "失効" in (await response.json())["message"]


async def test_revoked_before_it_signed(clerk: Clerk, data: Path) -> None:
    await clerk.until_confirm()
    transaction, document = await clerk.document()
    signature = await clerk.sign(document)
    revoke(data, load(clerk.card, "signature")[1], datetime.now(UTC))
    response = await clerk.complete(transaction, signature)
    assert response.status == 422 and (await response.json())["reason"] == "certificateRevoked"


async def test_never_issued(clerk: Clerk, data: Path, tmp_path: Path) -> None:
    """By the authority's key, but not in its list."""
    authority = open_authority(data)
    (data / "authority" / "issued").write_text("1\n")
    assert await refusal(clerk) == "revocationUnknown"
    card = issue_card(tmp_path, "株式会社見本", "見本　太郎", authority=authority)
    key, certificate = load(card.directory, "authentication")
    token = make_token(key, certificate, clerk.origin, await clerk.nonce())
    assert (await clerk.post("api/authenticate", {"token": token})).status == 200


def test_lists(data: Path) -> None:
    samples = [Path(sample["card"]) for sample in read_samples(data)]
    cards = [load(card, purpose)[1] for card in samples for purpose in ("authentication", "signature")]
    assert {card.serial_number for card in cards} <= issued_serials(data)
    (data / "authority" / "issued").unlink()
    older = {
        x509.load_pem_x509_certificate(path.read_bytes()).serial_number
        for path in (data / "cards").glob("*/*.crt.pem")
    }
    assert issued_serials(data) == older and len(older) == len(cards)
    first = datetime.now(UTC) - timedelta(days=1)
    for moment in (first, datetime.now(UTC)):
        revoke(data, cards[0], moment)
    assert revoked_serials(data) == {cards[0].serial_number: first}


def test_revoke_command(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = read_samples(data)[0]["card"]
    monkeypatch.setattr("sys.argv", ["cardbridge-portal", "revoke", "--data", str(data), card])
    main()
    assert capsys.readouterr().out.count("revoked ") == 2 and len(revoked_serials(data)) == 2
    monkeypatch.setattr("sys.argv", ["cardbridge-portal", "revoke", "--data", str(data), str(data)])
    with pytest.raises(SystemExit):
        main()


@pytest_asyncio.fixture
async def asked(server: TestServer, data: Path) -> AsyncIterator[list[str]]:
    """`openssl ocsp` up to the certificate to ask about, against the running portal."""
    authority = data / "authority" / "ca.crt.pem"
    command = ["openssl", "ocsp", "-issuer", str(authority), "-CAfile", str(authority)]
    yield [*command, "-url", str(server.make_url("/ocsp")), "-cert"]


async def ask(command: list[str], certificate: Path) -> str:
    finished = await asyncio.to_thread(
        subprocess.run, [*command, str(certificate)], capture_output=True, text=True, check=False, timeout=30
    )
    assert "Response verify OK" in finished.stderr and "WARNING" not in finished.stderr, finished.stderr
    return str(finished.stdout)


async def test_openssl_asks(asked: list[str], data: Path, tmp_path: Path) -> None:
    """Another implementation understands the responder, its nonce included."""
    card = Path(read_samples(data)[0]["card"]) / "signature.crt.pem"
    assert ": good" in await ask(asked, card)
    revoke(data, x509.load_pem_x509_certificate(card.read_bytes()), datetime.now(UTC))
    assert ": revoked" in await ask(asked, card)
    foreign = issue_card(tmp_path, "株式会社見本", "見本", curve=True, authority=make_authority())
    assert ": unknown" in await ask(asked, foreign.directory / "signature.crt.pem")


@pytest.mark.parametrize("body", [b"", b"junk", b"\x30" * 5000])
async def test_malformed_question(clerk: Clerk, body: bytes) -> None:
    response = await clerk.client.post("/ocsp", data=body)
    assert response.status == 200 and response.content_type == "application/ocsp-response"
    assert (await response.read()) == b"\x30\x03\x0a\x01\x01"  # malformedRequest
    assert "Set-Cookie" not in response.headers


def test_another_authoritys_name(data: Path) -> None:
    """The same serial number under another issuer is unknown."""
    own = open_authority(data)
    other = make_authority()
    certificate = load(Path(read_samples(data)[0]["card"]), "signature")[1]
    responder = Responder(data, own, lambda: datetime.now(UTC))
    for issuer, status in ((own, "GOOD"), (other, "UNKNOWN")):
        question = Question.about(certificate, issuer.certificate)
        answer = ocsp.load_der_ocsp_response(responder.answer(question.encode()))
        assert answer.certificate_status.name == status
