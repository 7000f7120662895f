"""The check that stands before every signature that leaves: right ones pass, all others do not."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bridge.core.algorithms import ALGORITHMS
from bridge.core.certificate import ecdsa_der, verifies
from tests.unit.certificates import certificate, key

MESSAGE = "入札".encode()
HASHES: dict[str, Any] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
SIZES = {"p256": 32, "p384": 48, "p521": 66}
CASES = [
    *[(kind, f"ES{bits}") for kind in SIZES for bits in (256, 384, 512)],
    *[("rsa", letters + str(bits)) for letters in ("RS", "PS") for bits in (256, 384, 512)],
]


def signature(kind: str, jws: str, message: bytes = MESSAGE, number: int = 0) -> bytes:
    """As a token returns it."""
    private, algorithm = key(kind, number), HASHES[ALGORITHMS[jws].hash_name]
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(algorithm)))
        return r.to_bytes(SIZES[kind], "big") + s.to_bytes(SIZES[kind], "big")
    assert isinstance(private, rsa.RSAPrivateKey)
    if jws.startswith("RS"):
        return private.sign(message, padding.PKCS1v15(), algorithm)
    return private.sign(message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)


@pytest.mark.parametrize(("kind", "jws"), CASES)
def test_the_right_signature(kind: str, jws: str) -> None:
    assert verifies(certificate(kind), ALGORITHMS[jws], signature(kind, jws), MESSAGE)


@pytest.mark.parametrize(("kind", "jws"), CASES)
def test_wrong_ones(kind: str, jws: str) -> None:
    der, row, good = certificate(kind), ALGORITHMS[jws], signature(kind, jws)
    assert not verifies(der, row, good, MESSAGE + b"x")
    assert not verifies(der, row, signature(kind, jws, number=1), MESSAGE)
    for place in (0, len(good) // 2, len(good) - 1):
        assert not verifies(der, row, good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :], MESSAGE)
    for wrong in (
        b"",
        b"\0",
        good[:-1],
        good[1:],
        good + b"\0",
        b"\0" + good,
        bytes(len(good)),
        b"\xff" * len(good),
    ):
        assert not verifies(der, row, wrong, MESSAGE)


@pytest.mark.parametrize(("kind", "jws"), CASES)
def test_another_algorithm_of_the_same_key_does_not_verify(kind: str, jws: str) -> None:
    good = signature(kind, jws)
    others = [row for name, row in ALGORITHMS.items() if name != jws]
    assert not any(verifies(certificate(kind), row, good, MESSAGE) for row in others)


@pytest.mark.parametrize("kind", SIZES)
def test_an_ecdsa_signature_padded_in_the_middle_is_none(kind: str) -> None:
    """R ‖ 00 ‖ S has the same numbers and not the format that a page is promised."""
    good = signature(kind, "ES256")
    padded = good[: SIZES[kind]] + b"\0" + good[SIZES[kind] :]
    assert not verifies(certificate(kind), ALGORITHMS["ES256"], padded, MESSAGE)


def test_an_ecdsa_signature_in_der_is_none() -> None:
    good = ecdsa_der(signature("p256", "ES256"))
    assert not verifies(certificate(), ALGORITHMS["ES256"], good, MESSAGE)


def test_pss_with_another_salt_length_does_not_verify() -> None:
    private = key("rsa")
    assert isinstance(private, rsa.RSAPrivateKey)
    other = private.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 20), hashes.SHA256())
    assert not verifies(certificate("rsa"), ALGORITHMS["PS256"], other, MESSAGE)


@pytest.mark.parametrize("jws", ["RS256", "PS256"])
def test_an_rsa_signature_without_its_leading_zero_is_none(jws: str) -> None:
    """The same number, and not of the modulus' size."""
    numbered = ((MESSAGE + str(number).encode()) for number in range(10_000))
    message, good = next((m, s) for m in numbered if (s := signature("rsa", jws, m))[0] == 0)
    assert verifies(certificate("rsa"), ALGORITHMS[jws], good, message)
    assert not verifies(certificate("rsa"), ALGORITHMS[jws], good[1:], message)


def test_raw_and_der_are_the_same_numbers() -> None:
    raw = signature("p384", "ES384")
    r, s = decode_dss_signature(ecdsa_der(raw))
    assert r.to_bytes(48, "big") + s.to_bytes(48, "big") == raw
