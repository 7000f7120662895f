"""The signature algorithms of `bridge.core.algorithms` under Web eID's names."""

from __future__ import annotations

from typing import Literal

import msgspec

from bridge.core.algorithms import Algorithm, Family, HashName


class SignatureAlgorithm(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A signature algorithm with Web eID's member names and values."""

    crypto_algorithm: Literal["ECC", "RSA"]
    hash_function: Literal["SHA-256", "SHA-384", "SHA-512"]
    padding_scheme: Literal["NONE", "PKCS1.5", "PSS"]


_WEB_EID_HASHES: dict[HashName, Literal["SHA-256", "SHA-384", "SHA-512"]] = {
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
HASH_NAMES: dict[str, HashName] = {theirs: ours for ours, theirs in _WEB_EID_HASHES.items()}
"""Web eID's names of hash functions, to our own."""

_WEB_EID_PADDINGS: dict[Family, Literal["NONE", "PKCS1.5", "PSS"]] = {
    "ECDSA": "NONE",
    "RSA-PSS": "PSS",
    "RSA-PKCS1": "PKCS1.5",
}


def signature_algorithm(row: Algorithm) -> SignatureAlgorithm:
    return SignatureAlgorithm(
        crypto_algorithm="ECC" if row.family == "ECDSA" else "RSA",
        hash_function=_WEB_EID_HASHES[row.hash_name],
        padding_scheme=_WEB_EID_PADDINGS[row.family],
    )
