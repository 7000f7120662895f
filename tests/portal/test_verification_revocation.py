"""verification/revocation.py, ocsp.py and crl.py against a real responder on loopback."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardbridge_demo.ports import free_port
from cardbridge_portal.verification import Authorities, Network, Policy, RevocationSource, VerificationError
from cardbridge_portal.verification.revocation import require_not_revoked
from tests.portal.pki import DAY, NOW, Identity, make_root
from tests.portal.publisher import Publisher

LOOPBACK = Network(timeout_s=30, total_s=60, allowed=(ip_network("127.0.0.0/8"),))


@pytest.fixture(scope="module")
def root() -> Identity:
    return make_root()


@pytest_asyncio.fixture
async def publisher(root: Identity) -> AsyncIterator[Publisher]:
    async with Publisher(root).serve() as running:
        yield running


def policy_of(root: Identity, **values: Any) -> Policy:
    given: dict[str, Any] = {"revocation": "hard", "network": LOOPBACK} | values
    return Policy(authorities=Authorities(roots=(root.certificate,)), **given)


async def check(who: Identity, root: Identity, **values: Any) -> str:
    """good, unchecked or off; else the reason."""
    moments = {name: values.pop(name, NOW) for name in ("moment", "now")}
    try:
        path = (who.certificate, *who.chain)
        return await require_not_revoked(path, policy_of(root, **values), **moments)
    except VerificationError as error:
        return error.reason


def serial(who: Identity) -> int:
    return who.certificate.serial_number


async def test_ocsp_good_revoked_unknown(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    assert await check(who, root) == "good"
    publisher.known = False
    assert await check(who, root) == "revocationUnknown"
    assert await check(who, root, revocation="soft") == "revocationUnknown"
    publisher.revoked[serial(who)] = NOW - timedelta(hours=1)
    assert await check(who, root) == "certificateRevoked"
    assert await check(who, root, revocation="soft") == "certificateRevoked"


async def test_off_asks_nobody(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,), crls=(publisher.distribution,))
    publisher.revoked[serial(who)] = NOW
    assert await check(who, root, revocation="off") == "off" and publisher.asked == []


async def test_revoked_after_it_signed(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    publisher.revoked[serial(who)] = NOW
    assert await check(who, root, moment=NOW - timedelta(seconds=1)) == "good"
    assert await check(who, root, moment=NOW) == "certificateRevoked"


@pytest.mark.parametrize("way", ["nobody listens", "status", "redirect", "hangs", "another type", "too long"])
async def test_unreachable(root: Identity, publisher: Publisher, way: str) -> None:
    address, network = publisher.responder, LOOPBACK
    if way == "nobody listens":
        address = f"http://127.0.0.1:{free_port()}/"
    elif way == "status":
        publisher.status = 503
    elif way == "redirect":
        publisher.status = 302
    elif way == "hangs":
        publisher.hangs, network = True, Network(timeout_s=0.3, allowed=LOOPBACK.allowed)
    elif way == "another type":
        publisher.body, publisher.content_type = b"<html>login</html>", "text/html"
    else:
        publisher.body = bytes(LOOPBACK.max_ocsp_bytes + 1)
    who = root.issue("見本", ocsp=(address,))
    assert await check(who, root, network=network) == "revocationUnreachable"
    assert await check(who, root, network=network, revocation="soft") == "unchecked"
    assert len(publisher.asked) == (0 if way == "nobody listens" else 2)  # a redirect is not followed


async def test_time_limit_of_all_questions(root: Identity, publisher: Publisher) -> None:
    publisher.hangs = True
    network = Network(timeout_s=60, total_s=0.3, allowed=LOOPBACK.allowed)
    who = root.issue("見本", ocsp=(publisher.responder,))
    assert await check(who, root, network=network) == "revocationUnreachable"
    assert await check(who, root, network=network, revocation="soft") == "unchecked"


async def test_unsuccessful_answer(root: Identity, publisher: Publisher) -> None:
    """tryLater and its like are not signed: no more than silence."""
    who = root.issue("見本", ocsp=(publisher.responder,))
    for status in (ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.UNAUTHORIZED):
        publisher.body = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        assert await check(who, root) == "revocationUnreachable"
        assert await check(who, root, revocation="soft") == "unchecked"


@pytest.mark.parametrize("body", [b"", b"0", b"\x30\x03\x0a\x01\x00", b"x" * 1000])
async def test_malformed(root: Identity, publisher: Publisher, body: bytes) -> None:
    publisher.body = body
    who = root.issue("見本", ocsp=(publisher.responder,))
    assert await check(who, root) == "revocationMalformed"
    assert await check(who, root, revocation="soft") == "revocationMalformed"


async def test_about_another_certificate(root: Identity, publisher: Publisher) -> None:
    who, other = root.issue("見本", ocsp=(publisher.responder,)), root.issue("別人")
    publisher.about = other.certificate
    publisher.revoked[serial(who)] = NOW
    assert await check(who, root) == "revocationMalformed"


@pytest.mark.parametrize(
    ("this", "following", "reason"),
    [
        (NOW - 3 * DAY, NOW - 2 * DAY, "revocationStale"),
        (NOW - timedelta(minutes=9), NOW - timedelta(minutes=2), "revocationStale"),
        (NOW - timedelta(minutes=9), NOW - timedelta(seconds=30), "good"),  # within the clock skew
        (NOW + timedelta(minutes=9), NOW + DAY, "revocationStale"),
        (NOW - 2 * DAY, None, "revocationStale"),
        (NOW - timedelta(hours=2), None, "good"),
    ],
)
async def test_freshness(
    root: Identity, publisher: Publisher, this: datetime, following: datetime | None, reason: str
) -> None:
    publisher.this_update, publisher.next_update = this, following
    who = root.issue("見本", ocsp=(publisher.responder,))
    assert await check(who, root) == reason
    assert await check(who, root, revocation="soft") == reason


async def test_nonce(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    publisher.nonce = "wrong"
    assert await check(who, root) == "revocationNonceMismatch"
    assert await check(who, root, revocation="soft") == "revocationNonceMismatch"
    publisher.nonce = "none"
    assert await check(who, root) == "good"
    assert await check(who, root, nonce="required") == "revocationNonceMismatch"


async def test_replayed_answer(root: Identity, publisher: Publisher) -> None:
    """A genuine "good" of before the revocation, played again."""
    who = root.issue("見本", ocsp=(publisher.responder,))
    kept: list[bytes] = []
    plain = publisher.answer
    publisher.answer = lambda request: kept.append(plain(request)) or kept[0]  # type: ignore[method-assign,func-returns-value]
    assert await check(who, root) == "good"
    publisher.revoked[serial(who)] = NOW
    assert await check(who, root) == "revocationNonceMismatch"


async def test_delegated_responder(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    publisher.signer = root.issue_responder()
    assert await check(who, root) == "good"
    publisher.revoked[serial(who)] = NOW
    assert await check(who, root) == "certificateRevoked"


async def test_responder_without_the_right(root: Identity, publisher: Publisher) -> None:
    stranger = make_root("別の認証局")
    who = root.issue("見本", ocsp=(publisher.responder,))
    for signer in (
        root.issue_responder(extended=()),
        root.issue_responder(extended=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        root.issue_responder(start=NOW - 9 * DAY, end=NOW - DAY),
        root.issue_responder(start=NOW + DAY),
        stranger.issue_responder(),
        root.issue_authority("中間").issue_responder(),
        Identity(stranger.key, stranger.certificate),
    ):
        publisher.signer = signer
        assert await check(who, root) == "responderUnauthorized"
        assert await check(who, root, revocation="soft") == "responderUnauthorized"
    publisher.signer, publisher.attached = root.issue_responder(), []
    assert await check(who, root) == "responderUnauthorized"


async def test_wrong_signature(root: Identity, publisher: Publisher) -> None:
    """Named like the authority, or like its responder, and signed with another key."""
    who, namesake = root.issue("見本", ocsp=(publisher.responder,)), make_root()
    assert namesake.certificate.subject == root.certificate.subject
    publisher.by_name, publisher.signer = True, namesake
    for publisher.attached in ([], [namesake.certificate], [root.certificate]):
        assert await check(who, root) == "revocationSignatureInvalid"
    publisher.signer, publisher.attached = namesake.issue_responder(), [root.issue_responder().certificate]
    assert await check(who, root) == "revocationSignatureInvalid"


async def test_weak_responder(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    publisher.signer = root.issue_responder(kind="1024")
    assert await check(who, root) == "revocationSignatureInvalid"
    publisher.signer = root.issue_responder(kind="secp256k1")
    assert await check(who, root) == "revocationSignatureInvalid"


async def test_unknown_critical_extension(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    publisher.critical = [unknown]
    assert await check(who, root) == "revocationMalformed"


async def test_flipped_bytes_of_an_answer(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", ocsp=(publisher.responder,))
    plain, flip = publisher.answer, {"index": 0}

    def altered(request: bytes) -> bytes:
        answer = bytearray(plain(request))
        answer[flip["index"] % len(answer)] ^= 1
        return bytes(answer)

    publisher.answer = altered  # type: ignore[method-assign]
    publisher.revoked[serial(who)] = NOW
    for flip["index"] in range(0, 420, 6):
        assert await check(who, root) != "good", flip


async def test_revoked_responder(root: Identity, publisher: Publisher) -> None:
    """A responder without id-pkix-ocsp-nocheck is looked up in its list."""
    who = root.issue("見本", ocsp=(publisher.responder,))
    publisher.signer = responder = root.issue_responder(nocheck=False, crls=(publisher.distribution,))
    publisher.revoked[serial(responder)] = NOW - DAY
    lists = Publisher(root, revoked=publisher.revoked)
    async with lists.serve():
        responder = root.issue_responder(nocheck=False, crls=(lists.distribution,))
        publisher.signer = responder
        assert await check(who, root) == "good" and lists.asked == ["/crl"]
        publisher.revoked[serial(responder)] = NOW - DAY
        assert await check(who, root) == "responderUnauthorized"
        publisher.signer = root.issue_responder(nocheck=True, crls=(lists.distribution,))
        assert await check(who, root) == "good" and len(lists.asked) == 2


async def test_configured_responder(root: Identity, publisher: Publisher) -> None:
    """RFC 6960 section 4.2.2.2: trusted by configuration, at an address of the configuration."""
    who, stranger = root.issue("見本", ocsp=("http://127.0.0.1:9/",)), make_root("別の認証局")
    publisher.signer = stranger
    for responder, reason in ((stranger.certificate, "good"), (None, "responderUnauthorized")):
        source = RevocationSource(issuer=root.certificate, ocsp=(publisher.responder,), responder=responder)
        assert await check(who, root, revocation_sources=(source,)) == reason


async def test_no_address(root: Identity) -> None:
    who = root.issue("見本")
    assert await check(who, root) == "revocationUnavailable"
    assert await check(who, root, revocation="soft") == "unchecked"


async def test_crl(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", crls=("ldap://127.0.0.1/cn=crl", publisher.distribution))
    assert await check(who, root) == "good"
    publisher.revoked = {serial(who): NOW - DAY, 5: NOW}
    assert await check(who, root) == "certificateRevoked"
    assert await check(who, root, moment=NOW - 2 * DAY) == "good"


async def test_crl_stale_or_wrong(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", crls=(publisher.distribution,))
    publisher.this_update, publisher.next_update = NOW - 3 * DAY, NOW - 2 * DAY
    assert await check(who, root) == "revocationStale"
    publisher.this_update, publisher.next_update = NOW, NOW + DAY
    stranger = make_root("別の認証局")
    publisher.signer = Identity(stranger.key, root.certificate)
    assert await check(who, root) == "revocationSignatureInvalid"
    publisher.signer = stranger
    assert await check(who, root) == "responderUnauthorized"
    publisher.signer = None
    version = publisher.make_crl().replace(b"\x02\x01\x01\x30", b"\x02\x01\x22\x30", 1)
    for publisher.body in (b"junk", version):
        assert await check(who, root) == "revocationMalformed"
    publisher.body, publisher.status = None, 404
    assert await check(who, root) == "revocationUnreachable"
    assert await check(who, root, revocation="soft") == "unchecked"


async def test_crl_too_long(root: Identity, publisher: Publisher) -> None:
    who = root.issue("見本", crls=(publisher.distribution,))
    network = Network(max_crl_bytes=100, allowed=LOOPBACK.allowed)
    assert await check(who, root, network=network) == "revocationUnreachable"


def _scope(**values: Any) -> x509.IssuingDistributionPoint:
    given: dict[str, Any] = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    } | values  # fmt: skip
    return x509.IssuingDistributionPoint(**given)


@pytest.mark.parametrize(
    "extension",
    [
        x509.DeltaCRLIndicator(1),
        _scope(only_contains_ca_certs=True),
        _scope(only_contains_attribute_certs=True),
        _scope(indirect_crl=True),
        _scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        _scope(full_name=[x509.UniformResourceIdentifier("http://127.0.0.1/another")]),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00"),
    ],
)
async def test_crl_of_another_scope(
    root: Identity, publisher: Publisher, extension: x509.ExtensionType
) -> None:
    """What does not list every revocation of this certificate must not count as "not revoked"."""
    who = root.issue("見本", crls=(publisher.distribution,))
    publisher.extensions = [(extension, True)]
    assert await check(who, root) == "revocationMalformed"
    publisher.extensions = [(_scope(only_contains_user_certs=True), True), (x509.CRLNumber(7), False)]
    assert await check(who, root) == "good"
    named = [x509.UniformResourceIdentifier(publisher.distribution)]
    publisher.extensions = [(_scope(full_name=named), True)]
    assert await check(who, root) == "good"


async def test_crl_where_ocsp_fails(root: Identity, publisher: Publisher) -> None:
    async with Publisher(root).serve() as lists:
        who = root.issue("見本", ocsp=(publisher.responder,), crls=(lists.distribution,))
        for publisher.status in (200, 503):
            assert await check(who, root) == "good"
        assert lists.asked == ["/crl"]
        lists.revoked[serial(who)] = NOW
        assert await check(who, root) == "certificateRevoked"
        publisher.status, publisher.nonce, lists.status = 200, "wrong", 500
        assert await check(who, root) == "revocationNonceMismatch"


async def test_every_floor_is_asked(root: Identity, publisher: Publisher) -> None:
    """The intermediate authority, too; and soft silence below does not hide a revocation above."""
    async with AsyncExitStack() as running:
        middle = root.issue_authority("中間認証局", ocsp=(publisher.responder,))
        below = await running.enter_async_context(Publisher(middle).serve())
        who = middle.issue("見本", ocsp=(below.responder,))
        assert await check(who, root) == "good"
        assert (publisher.asked, below.asked) == (["/ocsp"], ["/ocsp"])
        below.status = 500
        assert await check(who, root, revocation="soft") == "unchecked"
        publisher.revoked[serial(middle)] = NOW - DAY
        assert await check(who, root, revocation="soft") == "certificateRevoked"


async def test_openssl_answers(root: Identity, tmp_path: Path) -> None:
    """Against another implementation: `openssl ocsp` as the responder."""
    port = free_port()
    people = [root.issue("見本", ocsp=(f"http://127.0.0.1:{port}/",)) for _ in range(3)]
    until = (NOW + DAY).strftime("%y%m%d%H%M%SZ")
    lines = [f"V\t{until}\t\t{serial(people[0]):X}\tunknown\t/CN=a"]
    lines += [f"R\t{until}\t{(NOW - DAY):%y%m%d%H%M%SZ}\t{serial(people[1]):X}\tunknown\t/CN=b"]
    (tmp_path / "index.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "index.txt.attr").write_text("unique_subject = no\n")
    key, certificate = root.write(tmp_path, "ca")
    command: list[str | Path] = [
        "openssl",
        "ocsp",
        "-index",
        tmp_path / "index.txt",
        "-port",
        str(port),
        "-nmin",
        "5",
    ]
    command += ["-rsigner", certificate, "-rkey", key, "-CA", certificate, "-nrequest", "3"]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    try:
        assert process.stdout is not None and b"ACCEPT" in await process.stdout.readline()
        present = datetime.now(UTC)
        found = [await check(who, root, moment=present, now=present) for who in people]
        assert found == ["good", "certificateRevoked", "revocationUnknown"]
    finally:
        process.kill()
        await process.communicate()
