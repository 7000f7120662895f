"""verification/token.py with a path of two floors and revocation; test_token.py has the token itself."""

import base64
import json
import subprocess
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardbridge_portal.verification import (
    Authorities,
    Network,
    Policy,
    VerificationError,
    VerifiedToken,
    load_certificate,
    verify_token,
)
from tests.portal.pki import DAY, NOW, Identity, make_root
from tests.portal.publisher import Publisher
from tests.portal.signing import b64, make_token

ORIGIN, NONCE = "https://portal.example.jp", base64.b64encode(bytes(range(48))).decode()
LOOPBACK = Network(allowed=(ip_network("127.0.0.0/8"),))


@pytest.fixture(scope="module")
def root() -> Identity:
    return make_root()


@pytest.fixture(scope="module")
def middle(root: Identity) -> Identity:
    return root.issue_authority("中間認証局")


async def verify(root: Identity, middle: Identity, token: object, **values: Any) -> VerifiedToken:
    moment = values.pop("moment", NOW)
    authorities = Authorities(roots=(root.certificate,), intermediates=(middle.certificate,))
    policy = Policy(authorities=authorities, **{"revocation": "off"} | values)
    return await verify_token(token, origin=ORIGIN, nonce=NONCE, policy=policy, moment=moment)


async def reason(root: Identity, middle: Identity, token: object, **values: Any) -> str:
    """'' for a token that holds."""
    try:
        await verify(root, middle, token, **values)
    except VerificationError as error:
        return error.reason
    return ""


def token_of(who: Identity, **values: Any) -> dict[str, Any]:
    return make_token(who.key, who.certificate, ORIGIN, NONCE) | values


async def test_certificates(root: Identity, middle: Identity) -> None:
    client, other = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION
    for who, wanted in (
        (middle.issue_person(), ""),
        (middle.issue_person(kind="2048"), ""),
        (middle.issue_person(kind="1024"), "algorithmTooWeak"),
        (middle.issue("見本", usages=("digital_signature",)), "keyUsageMissing"),
        (middle.issue("見本", usages=("digital_signature",), extended=(other,)), "keyUsageMissing"),
        (middle.issue("見本", usages=("content_commitment",), extended=(client,)), "keyUsageMissing"),
        (middle.issue_person(end=NOW - timedelta(seconds=1)), "certificateExpired"),
        (middle.issue_person(start=NOW + DAY), "certificateNotYetValid"),
        (make_root().issue_person(), "certificateUntrusted"),
        (root.issue_authority("別の中間").issue_person(), "certificateUntrusted"),
    ):
        assert await reason(root, middle, token_of(who)) == wanted


async def test_huge_certificate(root: Identity, middle: Identity) -> None:
    for size, wanted in ((300, ""), (20_000, "tokenMalformed")):
        who = middle.issue_person(crls=("http://example.jp/" + "a" * size,))
        assert await reason(root, middle, token_of(who)) == wanted


async def test_exchanged_certificate(root: Identity, middle: Identity) -> None:
    """A thief's signature under the victim's certificate; the victim's under a twin's name."""
    victim, thief = middle.issue_person(), middle.issue_person("盗人")
    der = b64(victim.der)
    assert await reason(root, middle, token_of(thief, unverifiedCertificate=der)) == "tokenSignatureInvalid"
    larger = middle.issue_person(kind="secp384r1")
    mixed = token_of(victim, unverifiedCertificate=b64(larger.der))
    assert await reason(root, middle, mixed) == "algorithmMismatch"


async def test_flipped_bytes_of_the_certificate(root: Identity, middle: Identity) -> None:
    who = middle.issue_person()
    while who.certificate.signature[-1] & 1:  # such parsers refuse by themselves
        who = middle.issue_person()
    unused_bits = who.der.rindex(who.certificate.signature) - 1
    for index in (unused_bits, *range(0, len(who.der), 11)):
        altered = bytearray(who.der)
        altered[index] ^= 1
        assert await reason(root, middle, token_of(who, unverifiedCertificate=b64(bytes(altered)))) != ""


async def test_signed_by_openssl(root: Identity, middle: Identity, tmp_path: Path) -> None:
    """A token put together on the command line, as Web eID's documents describe it."""
    who = middle.issue_person(kind="2048")
    key, _ = who.write(tmp_path, "who")
    digests = b""
    for part in (ORIGIN, NONCE):
        command = ["openssl", "dgst", "-sha256", "-binary"]
        digests += subprocess.run(command, input=part.encode(), capture_output=True, check=True).stdout  # noqa: ASYNC221
    command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    signature = subprocess.run(command, input=digests, capture_output=True, check=True).stdout  # noqa: ASYNC221
    token = {
        "unverifiedCertificate": b64(who.der),
        "algorithm": "RS256",
        "signature": b64(signature),
        "format": "web-eid:1.0",
        "appVersion": "https://web-eid.eu/web-eid-app/releases/2.0.0",
    }
    found = await verify(root, middle, json.loads(json.dumps(token)))
    assert found.certificate == who.certificate and found.revocation == "off"
    assert await reason(root, middle, token | {"algorithm": "PS256"}) == "tokenSignatureInvalid"


async def test_revocation(root: Identity, middle: Identity) -> None:
    async with Publisher(root).serve() as above, Publisher(middle).serve() as below:
        floor = root.issue_authority("中間認証局２", ocsp=(above.responder,))
        below.issuer = floor
        who = floor.issue_person(ocsp=(below.responder,))
        values: dict[str, Any] = {"revocation": "hard", "network": LOOPBACK}
        assert (await verify(root, floor, token_of(who), **values)).revocation == "good"
        below.status = 503
        assert await reason(root, floor, token_of(who), **values) == "revocationUnreachable"
        soft = values | {"revocation": "soft"}
        assert (await verify(root, floor, token_of(who), **soft)).revocation == "unchecked"
        below.status = 200
        below.revoked[who.certificate.serial_number] = NOW
        assert await reason(root, floor, token_of(who), **soft) == "certificateRevoked"


async def test_private_address_in_a_certificate(root: Identity, middle: Identity) -> None:
    async with Publisher(middle).serve() as publisher:
        who = middle.issue_person(ocsp=(publisher.responder,))
        values: dict[str, Any] = {"revocation": "hard"}
        assert await reason(root, middle, token_of(who), **values) == "revocationAddressRefused"
        assert publisher.asked == []


async def test_nobody_is_asked_for_strangers(root: Identity, middle: Identity) -> None:
    """Neither for an untrusted certificate, nor with a signature that does not hold."""
    async with Publisher(middle).serve() as publisher:
        values: dict[str, Any] = {"revocation": "hard", "network": LOOPBACK}
        stranger = make_root().issue_person(ocsp=(publisher.responder,))
        assert await reason(root, middle, token_of(stranger), **values) == "certificateUntrusted"
        who = middle.issue_person(ocsp=(publisher.responder,))
        wrong = token_of(who, signature=b64(bytes(64)))
        assert await reason(root, middle, wrong, **values) == "tokenSignatureInvalid"
        assert publisher.asked == []


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x82\xff\xff"])
def test_no_certificate(junk: bytes) -> None:
    with pytest.raises(VerificationError) as caught:
        load_certificate(junk)
    assert caught.value.reason == "certificateMalformed"
