"""The card's private keys: generation, PEM, and the bare operations of GENERAL AUTHENTICATE."""

from typing import assert_never

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

CardKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

KEY_TYPES = ("rsa2048", "rsa3072", "p256", "p384")

# NIST SP 800-78-5, table 9 (3072: 0x05, defined there after SP 800-73-4).
_RSA_ALGORITHM_IDS = {2048: 0x07, 3072: 0x05}
_EC_ALGORITHM_IDS = {"secp256r1": 0x11, "secp384r1": 0x14}
_DIGESTS: dict[int, hashes.HashAlgorithm] = {
    28: hashes.SHA224(),
    32: hashes.SHA256(),
    48: hashes.SHA384(),
    64: hashes.SHA512(),
}


class UnsupportedKeyError(ValueError):
    """No key that a PIV card can hold here: RSA-2048, RSA-3072, P-256, P-384."""


def generate(key_type: str) -> CardKey:
    """A new key of one of KEY_TYPES."""
    match key_type:
        case "rsa2048":
            return rsa.generate_private_key(65537, 2048)
        case "rsa3072":
            return rsa.generate_private_key(65537, 3072)
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "p384":
            return ec.generate_private_key(ec.SECP384R1())
    raise UnsupportedKeyError(key_type)


def from_pem(pem: bytes) -> CardKey:
    """An unencrypted private key. Raises UnsupportedKeyError."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise UnsupportedKeyError("not an unencrypted PEM private key") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise UnsupportedKeyError(type(key).__name__)
    algorithm_id(key)
    return key


def to_pem(key: CardKey) -> bytes:
    """PKCS#8, unencrypted: for the card's own state file only."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def algorithm_id(key: CardKey) -> int:
    """The PIV algorithm identifier of the key. Raises UnsupportedKeyError."""
    if isinstance(key, rsa.RSAPrivateKey):
        number = _RSA_ALGORITHM_IDS.get(key.key_size)
    else:
        number = _EC_ALGORITHM_IDS.get(key.curve.name)
    if number is None:
        raise UnsupportedKeyError(f"{key.key_size} bits")
    return number


def respond_to_challenge(key: CardKey, challenge: bytes) -> bytes:
    """RSA: the bare private-key operation on a padded block. EC: ECDSA over a digest, DER.

    Raises ValueError for a challenge of a size or value that the key cannot take.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        return _rsa_private_operation(key, challenge)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        digest = _DIGESTS.get(len(challenge))
        if digest is None:
            raise ValueError("not the size of a digest")
        return key.sign(challenge, ec.ECDSA(Prehashed(digest)))
    assert_never(key)


def agree(key: CardKey, peer_point: bytes) -> bytes:
    """ECDH with an uncompressed point: the shared secret's x. Raises ValueError."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an EC key")
    peer = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, peer_point)
    return key.exchange(ec.ECDH(), peer)


def _rsa_private_operation(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    size_bytes = key.key_size // 8
    numbers = key.private_numbers()
    message = int.from_bytes(block, "big")
    if len(block) != size_bytes or message >= numbers.public_numbers.n:
        raise ValueError("not a block of the modulus's size")
    # `cryptography` offers no unpadded RSA: Chinese remainders by hand. Not constant-time, as
    # nothing that stands for a card in a demonstration has to be.
    at_p = pow(message % numbers.p, numbers.dmp1, numbers.p)
    at_q = pow(message % numbers.q, numbers.dmq1, numbers.q)
    factor = (at_p - at_q) * numbers.iqmp % numbers.p
    return (at_q + factor * numbers.q).to_bytes(size_bytes, "big")
