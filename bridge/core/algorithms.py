"""One table of signature algorithms: key and hash, and their names elsewhere.

Names: JWS (RFC 7518, section 3.1), PKCS#11 v3.0 mechanisms,
OIDs (RFC 4055, RFC 5758), XML Signature URIs (RFC 9231, sections 2.2 and 2.3).
The worker is always given a digest: RSA PKCS#1 v1.5 goes to the token as DigestInfo under
CKM_RSA_PKCS, ECDSA as the bare digest under CKM_ECDSA, PSS as the digest under CKM_RSA_PKCS_PSS.
These three are what every module offers that offers the family at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from bridge.core.record import Record

HashName = Literal["sha256", "sha384", "sha512"]
Family = Literal["ECDSA", "RSA-PSS", "RSA-PKCS1"]
MechanismName = Literal["ECDSA", "RSA_PKCS_PSS", "RSA_PKCS"]


class Algorithm(Record):
    """A row of the table. `jws` also names it inside cardbridge.

    Of PSS, the OID is the family's alone: the hash stands in its parameters (RFC 4055, section 3.1).
    """

    jws: str
    family: Family
    hash_name: HashName
    mechanism: MechanismName
    oid: str
    xml_uri: str


_HASHES: dict[str, HashName] = {"256": "sha256", "384": "sha384", "512": "sha512"}
_FAMILIES: tuple[tuple[str, Family, MechanismName], ...] = (
    ("ES", "ECDSA", "ECDSA"),
    ("PS", "RSA-PSS", "RSA_PKCS_PSS"),
    ("RS", "RSA-PKCS1", "RSA_PKCS"),
)
_OIDS: dict[Family, dict[HashName, str]] = {
    "ECDSA": {
        "sha256": "1.2.840.10045.4.3.2",
        "sha384": "1.2.840.10045.4.3.3",
        "sha512": "1.2.840.10045.4.3.4",
    },
    "RSA-PSS": dict.fromkeys(("sha256", "sha384", "sha512"), "1.2.840.113549.1.1.10"),
    "RSA-PKCS1": {
        "sha256": "1.2.840.113549.1.1.11",
        "sha384": "1.2.840.113549.1.1.12",
        "sha512": "1.2.840.113549.1.1.13",
    },
}
_XML_URIS: dict[Family, str] = {
    "ECDSA": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-{hash}",
    "RSA-PSS": "http://www.w3.org/2007/05/xmldsig-more#{hash}-rsa-MGF1",
    "RSA-PKCS1": "http://www.w3.org/2001/04/xmldsig-more#rsa-{hash}",
}

ALGORITHMS: dict[str, Algorithm] = {
    letters + bits: Algorithm(
        jws=letters + bits,
        family=family,
        hash_name=hash_name,
        mechanism=mechanism,
        oid=_OIDS[family][hash_name],
        xml_uri=_XML_URIS[family].format(hash=hash_name),
    )
    for letters, family, mechanism in _FAMILIES
    for bits, hash_name in _HASHES.items()
}
"""Every algorithm of the contract, by its JWS name."""

DIGEST_INFO_PREFIXES: dict[HashName, bytes] = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""DER of DigestInfo up to the digest (RFC 8017, section 9.2, note 1)."""

HASHES: dict[HashName, Callable[[bytes], hashlib._Hash]] = {
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}

DIGEST_SIZES: dict[HashName, int] = {"sha256": 32, "sha384": 48, "sha512": 64}

DIGEST_OIDS: dict[HashName, str] = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
"""RFC 5754, section 2."""

DIGEST_XML_URIS: dict[HashName, str] = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
"""RFC 9231, section 2.1; XML Encryption 1.1, section 5.7."""


@lru_cache(maxsize=64)
def usable(
    key_type: Literal["EC", "RSA"], key_bits: int, mechanisms: frozenset[str]
) -> tuple[Algorithm, ...]:
    """The algorithms of a key, the best first.

    The hash follows the key's strength (NIST SP 800-57 part 1, table 2). PKCS#1 v1.5 comes before PSS:
    cards and verifiers in the field all know it.

    Args:
        key_type: of the certificate's public key.
        key_bits: of the RSA modulus or the curve's field.
        mechanisms: names of the token's signing mechanisms, without CKM_.
    """
    if key_type == "EC":
        families: tuple[Family, ...] = ("ECDSA",)
        best: HashName = "sha256" if key_bits <= 256 else "sha384" if key_bits <= 384 else "sha512"
    else:
        families = ("RSA-PKCS1", "RSA-PSS")
        best = "sha256" if key_bits <= 3072 else "sha384" if key_bits <= 7680 else "sha512"
    rows = [row for row in ALGORITHMS.values() if row.family in families and row.mechanism in mechanisms]
    return tuple(
        sorted(rows, key=lambda row: (families.index(row.family), row.hash_name != best, row.hash_name))
    )
