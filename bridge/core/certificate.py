"""X.509 certificates of a token: what they say, what they may be used for, and the check of a signature.

`cryptography` is imported where it is used: it is 15 MiB that an idle daemon does not need.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from bridge.core.algorithms import ALGORITHMS, Algorithm, HashName

if TYPE_CHECKING:
    from cryptography import x509

KeyType = Literal["EC", "RSA"]

_NAMES = {
    "2.5.4.3": "commonName",
    "2.5.4.4": "surname",
    "2.5.4.42": "givenName",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "country",
    "2.5.4.7": "locality",
    "2.5.4.8": "stateOrProvince",
    "2.5.4.9": "streetAddress",
    "2.5.4.10": "organization",
    "2.5.4.11": "organizationalUnit",
    "2.5.4.12": "title",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


class UnreadableCertificate(ValueError):
    """The bytes are not an X.509 certificate with an EC or RSA key."""


class CertificateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says (RFC 5280, section 4.1). Times are aware, in UTC.

    `subject` and `issuer` are keyed by RFC 4519 names in lowerCamelCase; repeated ones are joined
    with a space. `issuer_rfc4514` is the issuer as RFC 4514 text. `serial_number` is lowercase hex.
    """

    der: bytes
    thumbprint: str
    subject: dict[str, str]
    issuer: dict[str, str]
    issuer_rfc4514: str
    subject_der: bytes
    issuer_der: bytes
    serial_number: str
    not_before: datetime
    not_after: datetime
    key_usage: tuple[str, ...]
    policies: tuple[str, ...]
    is_authority: bool
    key_type: KeyType
    key_bits: int

    @property
    def issuer_name(self) -> str:
        """The issuer as a person would call it."""
        return self.issuer.get("commonName") or self.issuer.get("organization") or self.issuer_rfc4514

    @property
    def signs_logins(self) -> bool:
        return "digitalSignature" in self.key_usage

    @property
    def signs_documents(self) -> bool:
        return "nonRepudiation" in self.key_usage

    def obstacle(self, now: datetime) -> Literal["expired", "notYetValid"] | None:
        """Why it cannot be used at `now`, or None."""
        if now > self.not_after:
            return "expired"
        return "notYetValid" if now < self.not_before else None


@cache
def load() -> None:
    """Import what the rest of this module needs: a twentieth of a second, which need not be a person's."""
    from cryptography import x509  # noqa: F401
    from cryptography.hazmat.primitives import hashes  # noqa: F401
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils  # noqa: F401


@lru_cache(maxsize=64)
def read(der: bytes) -> CertificateFacts:
    """The facts of the certificate in `der`.

    Raises:
        UnreadableCertificate: not a certificate, or with another kind of key.
    """
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        return _facts(certificate, der)
    except (ValueError, TypeError, x509.DuplicateExtension) as error:
        raise UnreadableCertificate(type(error).__name__) from None
    except Exception as error:  # UnsupportedAlgorithm and parser errors of single extensions
        raise UnreadableCertificate(type(error).__name__) from None


def _facts(certificate: x509.Certificate, der: bytes) -> CertificateFacts:
    key_type, key_bits = _key(certificate)
    key_usage, policies, is_authority = _extensions(certificate, der)
    return CertificateFacts(
        der=der,
        thumbprint=hashlib.sha256(der).hexdigest(),
        subject=_names(certificate.subject),
        issuer=_names(certificate.issuer),
        issuer_rfc4514=certificate.issuer.rfc4514_string(),
        subject_der=certificate.subject.public_bytes(),
        issuer_der=certificate.issuer.public_bytes(),
        serial_number=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_usage=key_usage,
        policies=policies,
        is_authority=is_authority,
        key_type=key_type,
        key_bits=key_bits,
    )


def _key(certificate: x509.Certificate) -> tuple[KeyType, int]:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    raise UnreadableCertificate(type(key).__name__)


def _names(name: x509.Name) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in name:
        key = _NAMES.get(attribute.oid.dotted_string, attribute.oid.dotted_string)
        value = attribute.value if isinstance(attribute.value, str) else attribute.value.hex()
        found[key] = f"{found[key]} {value}" if key in found else value
    return found


def _extensions(certificate: x509.Certificate, der: bytes) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Key usage, policies, whether it is an authority's.

    Issuers in the field encode what DER leaves out, such as cA FALSE; `cryptography` then gives no extension
    at all. Such a card is as good as any other.
    """
    try:
        return _key_usage(certificate), _policies(certificate), _is_authority(certificate)
    except ValueError:
        return _extensions_in_loose_encoding(der)


def _extensions_in_loose_encoding(der: bytes) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    from asn1crypto import x509

    certificate = x509.Certificate.load(der, strict=True)
    usage = certificate.key_usage_value
    names = set() if usage is None else usage.native
    if "non_repudiation" in names:
        names = names | {"content_commitment"}
    policies = certificate.certificate_policies_value
    return (
        tuple(name for attribute, name in _KEY_USAGES.items() if attribute in names),
        () if policies is None else tuple(each["policy_identifier"].dotted for each in policies),
        bool(certificate.ca),
    )


def _key_usage(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name for attribute, name in _KEY_USAGES.items() if getattr(usage, attribute))


def _policies(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(policy.policy_identifier.dotted_string for policy in policies)


def _is_authority(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def verifies(
    der: bytes, algorithm: Algorithm, signature: bytes, message: bytes, *, is_digest: bool = False
) -> bool:
    """Whether `signature` over `message` verifies with the certificate's public key.

    Args:
        signature: ECDSA as raw R‖S, RSA as the modulus-sized integer.
        is_digest: `message` is the digest already.
    """
    return _check(der, algorithm.jws, is_digest)(signature, message)


@lru_cache(maxsize=16)
def _check(der: bytes, jws: str, is_digest: bool) -> Callable[[bytes, bytes], bool]:
    """The check of `signature, message`. To parse the certificate takes longer than to check with its key."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    algorithm = ALGORITHMS[jws]
    key = x509.load_der_x509_certificate(der).public_key()
    hash_classes: dict[HashName, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    hash_algorithm = hash_classes[algorithm.hash_name]()
    given = Prehashed(hash_algorithm) if is_digest else hash_algorithm
    pkcs1, pss = padding.PKCS1v15(), padding.PSS(padding.MGF1(hash_algorithm), hash_algorithm.digest_size)

    def check(signature: bytes, message: bytes) -> bool:
        if isinstance(key, rsa.RSAPublicKey) and len(signature) != (key.key_size + 7) // 8:
            return False  # OpenSSL takes PSS without its leading zeros, too
        try:
            if algorithm.family == "ECDSA" and isinstance(key, ec.EllipticCurvePublicKey):
                if len(signature) != 2 * ((key.curve.key_size + 7) // 8):
                    return False
                key.verify(ecdsa_der(signature), message, ec.ECDSA(given))
            elif algorithm.family == "RSA-PSS" and isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, message, pss, given)
            elif algorithm.family == "RSA-PKCS1" and isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, message, pkcs1, given)
            else:
                return False
        except InvalidSignature:
            return False
        return True

    return check


def ecdsa_der(signature: bytes) -> bytes:
    """Raw R‖S (PKCS#11, section 6.3.1) as Ecdsa-Sig-Value (RFC 3279, section 2.2.3)."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = len(signature) // 2
    return encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )


def chain(leaf: CertificateFacts, others: tuple[CertificateFacts, ...]) -> tuple[CertificateFacts, ...]:
    """The issuers of `leaf` among `others` by name, nearest first, without `leaf`."""
    found: list[CertificateFacts] = []
    current = leaf
    while current.issuer_der != current.subject_der:
        issuer = next((o for o in others if o.is_authority and o.subject_der == current.issuer_der), None)
        if issuer is None or issuer in found:
            break
        found.append(issuer)
        current = issuer
    return tuple(found)
