"""The token of web-eid:1.0, read as its own library reads it."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bridge.core.algorithms import ALGORITHMS
from bridge.core.origin import Origin
from bridge.signatures.authtoken import make, signed_message
from tests.unit.certificates import certificate, key

NONCE = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
ORIGIN = Origin.parse("https://EBID.example.jp:443")
HASHES: dict[str, Any] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
KINDS = [
    ("p256", "ES256"),
    ("p384", "ES384"),
    ("p521", "ES512"),
    ("rsa", "RS256"),
    ("rsa", "PS384"),
    ("rsa", "RS512"),
]


def token_signer(kind: str, jws: str) -> Callable[[bytes], Awaitable[bytes]]:
    """A card: hashes the message and returns ECDSA as raw R‖S."""
    private, algorithm = key(kind), HASHES[jws[2:]]

    async def sign(message: bytes) -> bytes:
        if isinstance(private, ec.EllipticCurvePrivateKey):
            size = (private.curve.key_size + 7) // 8
            r, s = decode_dss_signature(private.sign(message, ec.ECDSA(algorithm)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        assert isinstance(private, rsa.RSAPrivateKey)
        if jws[0] == "R":
            return private.sign(message, padding.PKCS1v15(), algorithm)
        return private.sign(message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)

    return sign


def accepts(token: dict[str, str], origin: str, nonce: str) -> bool:
    """Web eID's check, with nothing of cardbridge in it: the signature is over H(origin) ‖ H(nonce)."""
    public = x509.load_der_x509_certificate(base64.b64decode(token["unverifiedCertificate"])).public_key()
    name, bits = token["algorithm"][:2], token["algorithm"][2:]
    algorithm, signature = HASHES[bits], base64.b64decode(token["signature"])
    message = b"".join(hashlib.new(f"sha{bits}", text.encode()).digest() for text in (origin, nonce))
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            half = len(signature) // 2
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            public.verify(encode_dss_signature(r, s), message, ec.ECDSA(algorithm))
        elif isinstance(public, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
            public.verify(signature, message, padding.PKCS1v15() if name == "RS" else pss, algorithm)
    except Exception:
        return False
    return True


@pytest.mark.parametrize(("kind", "jws"), KINDS)
async def test_a_token_that_web_eid_accepts(kind: str, jws: str) -> None:
    der = certificate(kind)
    made = await make(
        der, ALGORITHMS[jws], token_signer(kind, jws), origin=ORIGIN, challenge_nonce=NONCE, version="1.2.3"
    )
    token = msgspec.to_builtins(made)
    assert set(token) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert token["format"] == "web-eid:1.0" and token["algorithm"] == jws
    assert base64.b64decode(token["unverifiedCertificate"], validate=True) == der
    assert token["appVersion"].startswith("https://") and token["appVersion"].endswith("1.2.3")
    assert accepts(token, "https://ebid.example.jp", NONCE)
    assert not accepts(token, "https://ebid.example.jp:443", NONCE)
    assert not accepts(token, "https://evil.example", NONCE)
    assert not accepts(token, "https://ebid.example.jp", "A" + NONCE[1:])


def test_the_nonce_is_taken_as_text_and_never_decoded() -> None:
    message = signed_message(ORIGIN, NONCE, ALGORITHMS["ES256"])
    assert message[:32] == hashlib.sha256(b"https://ebid.example.jp").digest()
    assert message[32:] == hashlib.sha256(NONCE.encode()).digest()
    assert message[32:] != hashlib.sha256(base64.b64decode(NONCE)).digest()


@pytest.mark.parametrize(("jws", "size"), [("RS256", 64), ("PS384", 96), ("ES512", 128)])
def test_both_hashes_are_the_algorithms(jws: str, size: int) -> None:
    assert len(signed_message(ORIGIN, NONCE, ALGORITHMS[jws])) == size


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        ("https://a.jp:8443", "https://a.jp:8443"),
        ("http://localhost:80", "http://localhost"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
    ],
)
def test_the_origin_is_written_as_a_browser_writes_it(origin: str, text: str) -> None:
    message = signed_message(Origin.parse(origin), NONCE, ALGORITHMS["RS256"])
    assert message[:32] == hashlib.sha256(text.encode()).digest()
