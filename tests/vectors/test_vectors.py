"""The table of algorithms, tokens and the check of signatures against published data (see README.md)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from bridge.core import certificate
from bridge.core.algorithms import (
    ALGORITHMS,
    DIGEST_INFO_PREFIXES,
    DIGEST_SIZES,
    DIGEST_XML_URIS,
    Algorithm,
    usable,
)
from bridge.core.origin import Origin
from bridge.signatures import authtoken

HERE = Path(__file__).parent
TOKENS: list[dict[str, Any]] = json.loads((HERE / "webeid_tokens.json").read_text())
JWS: list[dict[str, Any]] = json.loads((HERE / "jws.json").read_text())
MECHANISMS = frozenset({"ECDSA", "RSA_PKCS", "RSA_PKCS_PSS"})
CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-521": ec.SECP521R1}


def named(entry: dict[str, Any]) -> str:
    return str(entry["source"]).rpartition(", ")[2] + " " + str(entry.get("algorithm", ""))


def from_url_safe(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text: str) -> int:
    return int.from_bytes(from_url_safe(text), "big")


@cache
def _issuer() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate_of(jwk: dict[str, str]) -> bytes:
    """A certificate around a published public key (RFC 7517): cardbridge takes keys out of certificates."""
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if jwk["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    else:
        curve = CURVES[jwk["crv"]]()
        key = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), curve).public_key()
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vector")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key, 1, now, now + timedelta(days=1))
    return builder.sign(_issuer(), hashes.SHA256()).public_bytes(Encoding.DER)


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("entry", JWS, ids=named)
def test_jws(entry: dict[str, Any]) -> None:
    der, algorithm = certificate_of(entry["key"]), ALGORITHMS[entry["algorithm"]]
    message, signature = entry["message"].encode(), from_url_safe(entry["signature"])
    assert certificate.verifies(der, algorithm, signature, message)
    assert not certificate.verifies(der, algorithm, flipped(signature), message)
    assert not certificate.verifies(der, algorithm, signature, flipped(message))
    others = [row for row in ALGORITHMS.values() if row != algorithm]
    assert not any(certificate.verifies(der, row, signature, message) for row in others)


def test_every_family_has_published_data() -> None:
    seen = {entry["algorithm"] for entry in JWS} | {entry["token"]["algorithm"] for entry in TOKENS}
    assert {ALGORITHMS[name].family for name in seen} == {"ECDSA", "RSA-PSS", "RSA-PKCS1"}
    assert {ALGORITHMS[name].hash_name for name in seen} == {"sha256", "sha384", "sha512"}


def parts(entry: dict[str, Any]) -> tuple[bytes, Algorithm, bytes]:
    token = entry["token"]
    der = base64.b64decode(token["unverifiedCertificate"], validate=True)
    return der, ALGORITHMS[token["algorithm"]], base64.b64decode(token["signature"], validate=True)


@pytest.mark.parametrize("entry", TOKENS, ids=named)
def test_web_eid_message(entry: dict[str, Any]) -> None:
    """What the Web eID application signed is what cardbridge would have signed."""
    der, algorithm, signature = parts(entry)
    origin, nonce = Origin.parse(entry["origin"]), entry["challengeNonce"]
    message = authtoken.signed_message(origin, nonce, algorithm)
    assert certificate.verifies(der, algorithm, signature, message)
    for other in (
        authtoken.signed_message(Origin.parse("https://invalid.example"), nonce, algorithm),
        authtoken.signed_message(origin, flipped(nonce.encode()).decode(), algorithm),
        message + b"\0",
    ):
        assert not certificate.verifies(der, algorithm, signature, other)


@pytest.mark.parametrize("entry", TOKENS, ids=named)
async def test_web_eid_token(entry: dict[str, Any]) -> None:
    """With the published signature in the card's place, the published token comes out."""
    der, algorithm, signature = parts(entry)

    async def card(message: bytes) -> bytes:
        assert certificate.verifies(der, algorithm, signature, message)
        return signature

    made = await authtoken.make(
        der,
        algorithm,
        card,
        origin=Origin.parse(entry["origin"]),
        challenge_nonce=entry["challengeNonce"],
        version="1.2.3",
    )
    published = entry["token"]
    assert made.unverified_certificate == published["unverifiedCertificate"]
    assert (made.algorithm, made.signature) == (published["algorithm"], published["signature"])
    assert made.format == published["format"]


@pytest.mark.parametrize("entry", TOKENS, ids=named)
def test_web_eid_cards_algorithm_is_offered(entry: dict[str, Any]) -> None:
    """The algorithm that Web eID uses with the card is among those that cardbridge would use."""
    der, algorithm, _ = parts(entry)
    facts = certificate.read(der)
    assert facts.signs_logins
    offered = usable(facts.key_type, facts.key_bits, MECHANISMS)
    assert algorithm in offered
    if facts.key_type == "EC":
        assert offered[0] == algorithm


CRYPTOGRAPHYS_OIDS = {
    "ES256": SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    "ES384": SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    "ES512": SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    "RS256": SignatureAlgorithmOID.RSA_WITH_SHA256,
    "RS384": SignatureAlgorithmOID.RSA_WITH_SHA384,
    "RS512": SignatureAlgorithmOID.RSA_WITH_SHA512,
    "PS256": SignatureAlgorithmOID.RSASSA_PSS,
    "PS384": SignatureAlgorithmOID.RSASSA_PSS,
    "PS512": SignatureAlgorithmOID.RSASSA_PSS,
}
SIGNXMLS_METHODS = {
    "ES256": SignatureMethod.ECDSA_SHA256,
    "ES384": SignatureMethod.ECDSA_SHA384,
    "ES512": SignatureMethod.ECDSA_SHA512,
    "RS256": SignatureMethod.RSA_SHA256,
    "RS384": SignatureMethod.RSA_SHA384,
    "RS512": SignatureMethod.RSA_SHA512,
    "PS256": SignatureMethod.SHA256_RSA_MGF1,
    "PS384": SignatureMethod.SHA384_RSA_MGF1,
    "PS512": SignatureMethod.SHA512_RSA_MGF1,
}
SIGNXMLS_DIGESTS = {
    "sha256": DigestAlgorithm.SHA256,
    "sha384": DigestAlgorithm.SHA384,
    "sha512": DigestAlgorithm.SHA512,
}


def test_names_elsewhere() -> None:
    assert {name: row.oid for name, row in ALGORITHMS.items()} == {
        name: oid.dotted_string for name, oid in CRYPTOGRAPHYS_OIDS.items()
    }
    assert {name: row.xml_uri for name, row in ALGORITHMS.items()} == {
        name: method.value for name, method in SIGNXMLS_METHODS.items()
    }
    assert DIGEST_XML_URIS == {name: method.value for name, method in SIGNXMLS_DIGESTS.items()}


@pytest.mark.parametrize("hash_name", list(DIGEST_SIZES))
def test_digest_info(hash_name: Any) -> None:
    """RFC 8017, section 9.2: a token that pads DigestInfo by itself signs what PKCS#1 v1.5 is."""
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[hash_name]
    digest = hashes.Hash(algorithm)
    digest.update(b"message")
    info = DIGEST_INFO_PREFIXES[hash_name] + digest.finalize()
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(b"message", padding.PKCS1v15(), algorithm)
    recovered = key.public_key().recover_data_from_signature(signature, padding.PKCS1v15(), None)
    assert recovered == info
    assert len(info) == len(DIGEST_INFO_PREFIXES[hash_name]) + DIGEST_SIZES[hash_name]
