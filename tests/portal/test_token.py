"""verification/token.py: one good token a key type, and each kind of tampering."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardbridge_portal.authority import (
    Authority,
    certificate_builder,
    issue_card,
    make_authority,
    make_key,
    open_authority,
    purpose_extensions,
)
from cardbridge_portal.verification import Authorities, Policy, VerificationError, verify_token
from tests.portal.signing import b64, load, make_token

ORIGIN = "https://portal.example.jp"
NONCE = base64.b64encode(bytes(range(48))).decode()
NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
def authority(template: Path) -> Authority:
    return open_authority(template)


@pytest.fixture(scope="session")
def key(template: Path) -> Any:
    return make_key(curve=True)


async def check(token: object, authority: Authority, **values: Any) -> x509.Certificate:
    given: dict[str, Any] = {"origin": ORIGIN, "nonce": NONCE, "moment": datetime.now(UTC)} | values
    policy = Policy(authorities=Authorities(roots=(authority.certificate,)), revocation="off")
    return (await verify_token(token, policy=policy, **given)).certificate


async def refusal(token: object, authority: Authority, **values: Any) -> str:
    with pytest.raises(VerificationError) as caught:
        await check(token, authority, **values)
    return caught.value.reason


def certificate_of(
    authority: Authority, key: Any, extensions: list[tuple[x509.ExtensionType, bool]] | None = None
) -> x509.Certificate:
    """A card's authentication certificate with other extensions."""
    subject = x509.Name.from_rfc4514_string("CN=見本 太郎,O=株式会社見本建設,C=JP")
    start = NOW - timedelta(days=1)
    builder = certificate_builder(authority, subject, key, start, start + timedelta(days=30))
    for extension, critical in purpose_extensions("authentication") if extensions is None else extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority.key, hashes.SHA256())


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
async def test_rsa(template: Path, authority: Authority, sample_card: Path, algorithm: str) -> None:
    signer, certificate = load(sample_card, "authentication")
    token = make_token(signer, certificate, ORIGIN, NONCE, algorithm)
    assert await check(token, authority) == certificate


@pytest.mark.parametrize(
    ("algorithm", "curve"),
    [("ES256", ec.SECP256R1()), ("ES384", ec.SECP384R1()), ("ES512", ec.SECP521R1())],
)
async def test_ecdsa(authority: Authority, algorithm: str, curve: ec.EllipticCurve) -> None:
    signer = ec.generate_private_key(curve)
    token = make_token(signer, certificate_of(authority, signer), ORIGIN, NONCE, algorithm)
    await check(token, authority)


async def test_unknown_member_is_tolerated(authority: Authority, key: Any) -> None:
    token = make_token(key, certificate_of(authority, key), ORIGIN, NONCE)
    await check(token | {"unverifiedSigningCertificates": []}, authority)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"origin": "https://portal.example.com"}, "tokenSignatureInvalid"),
        ({"origin": ORIGIN + ":443"}, "tokenSignatureInvalid"),
        ({"nonce": base64.b64encode(bytes(48)).decode()}, "tokenSignatureInvalid"),
        ({"moment": NOW + timedelta(days=31)}, "certificateExpired"),
        ({"moment": NOW - timedelta(days=3)}, "certificateNotYetValid"),
    ],
)
async def test_other_circumstances(
    authority: Authority, key: Any, changed: dict[str, Any], reason: str
) -> None:
    token = make_token(key, certificate_of(authority, key), ORIGIN, NONCE)
    assert await refusal(token, authority, **changed) == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"format": "web-eid:2.0"}, "tokenMalformed"),
        ({"format": "web-eid:10"}, "tokenMalformed"),
        ({"format": None}, "tokenMalformed"),
        ({"appVersion": "0.1.0"}, "tokenMalformed"),
        ({"appVersion": "javascript:alert(1)"}, "tokenMalformed"),
        ({"signature": "*"}, "tokenMalformed"),
        ({"signature": 5}, "tokenMalformed"),
        ({"unverifiedCertificate": "AAAA"}, "tokenMalformed"),
        ({"algorithm": "RS256"}, "algorithmMismatch"),
        ({"algorithm": "PS256"}, "algorithmMismatch"),
        ({"algorithm": "ES384"}, "algorithmMismatch"),
        ({"algorithm": "none"}, "algorithmMismatch"),
        ({"algorithm": "ES256\n"}, "algorithmMismatch"),
        ({"signature": b64(bytes(64))}, "tokenSignatureInvalid"),
        ({"signature": b64(bytes(70))}, "tokenSignatureInvalid"),
    ],
)
async def test_changed_member(authority: Authority, key: Any, changed: dict[str, Any], reason: str) -> None:
    token = make_token(key, certificate_of(authority, key), ORIGIN, NONCE)
    assert await refusal(token | changed, authority) == reason


@pytest.mark.parametrize("token", [None, [], "web-eid:1.0", {}, {"format": "web-eid:1.0"}])
async def test_no_token(authority: Authority, token: object) -> None:
    assert await refusal(token, authority) == "tokenMalformed"


async def test_every_flipped_byte(authority: Authority, key: Any) -> None:
    token = make_token(key, certificate_of(authority, key), ORIGIN, NONCE)
    signature = base64.b64decode(token["signature"])
    for index in range(0, 64, 7):
        flipped = bytearray(signature)
        flipped[index] ^= 1
        assert await refusal(token | {"signature": b64(bytes(flipped))}, authority) == "tokenSignatureInvalid"


async def test_key_usage_and_client_auth(authority: Authority, key: Any) -> None:
    usage, client = purpose_extensions("authentication")
    server_auth = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    wrong: tuple[list[Any], ...] = (
        [usage],
        [usage, server_auth],
        [*purpose_extensions("signature"), client],
        [client],
        [],
    )
    for extensions in wrong:
        token = make_token(key, certificate_of(authority, key, extensions), ORIGIN, NONCE)
        assert await refusal(token, authority) == "keyUsageMissing"


async def test_foreign_authority_of_the_same_name(authority: Authority, key: Any) -> None:
    token = make_token(key, certificate_of(make_authority(), key), ORIGIN, NONCE)
    assert await refusal(token, authority) == "certificateUntrusted"


async def test_certificate_of_another_key(authority: Authority, key: Any) -> None:
    token = make_token(make_key(curve=True), certificate_of(authority, key), ORIGIN, NONCE)
    assert await refusal(token, authority) == "tokenSignatureInvalid"


async def test_card_certificate_is_no_authority(authority: Authority, sample_card: Path, key: Any) -> None:
    """A card's own key must not issue certificates."""
    signer, certificate = load(sample_card, "authentication")
    forged = certificate_of(Authority(key=signer, certificate=certificate), key)
    token = make_token(key, forged, ORIGIN, NONCE)
    assert (
        await refusal(token, Authority(key=signer, certificate=authority.certificate))
        == "certificateUntrusted"
    )


async def test_issued_cards(tmp_path: Path, authority: Authority) -> None:
    """The demo's cards: two keys, one subject, OCSP address, dates as asked for."""
    past = NOW - timedelta(days=10)
    card = issue_card(
        tmp_path, "株式会社見本", "見本　花子", curve=True,
        not_before=past, not_after=past + timedelta(days=5), authority=authority,
    )  # fmt: skip
    assert card.authentication.subject == card.signature.subject
    assert card.authentication.public_key() != card.signature.public_key()
    access = card.signature.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert "ocsp" in str(access)
    token = make_token(*load(card.directory, "authentication"), ORIGIN, NONCE)
    assert await refusal(token, authority) == "certificateExpired"
    assert {p.stat().st_mode & 0o777 for p in card.directory.iterdir()} == {0o600}
    assert card.directory.stat().st_mode & 0o777 == 0o700
