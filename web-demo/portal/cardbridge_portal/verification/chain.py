"""Validity period, key usage and chain to configured authorities (RFC 5280).

Revocation is NOT checked yet: it comes with a later issue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InvalidCertificateError,
    PathBuildingError,
    PathValidationError,
    ValidationError,
)

from .errors import (
    CertificateError,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUntrusted,
    KeyUsageMissing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """Trust anchors, and intermediates that lead to them."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()


def load_certificate(der: bytes) -> x509.Certificate:
    """Parse a DER certificate.

    Raises:
        CertificateError: it is none.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Extensions are parsed lazily: a broken one must show here, not later.
        _ = (certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key())
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, UnsupportedAlgorithm) as error:
        raise CertificateError("not a certificate") from error
    return certificate


def key_usages(certificate: x509.Certificate) -> frozenset[str]:
    """digitalSignature and nonRepudiation, as far as the certificate has them."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    pairs = (("digitalSignature", usage.digital_signature), ("nonRepudiation", usage.content_commitment))
    return frozenset(name for name, present in pairs if present)


def require_authentication(certificate: x509.Certificate) -> None:
    """digitalSignature and clientAuth, or KeyUsageMissing."""
    if "digitalSignature" not in key_usages(certificate):
        raise KeyUsageMissing("no digitalSignature")
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise KeyUsageMissing("no extended key usage") from None
    if ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise KeyUsageMissing("no clientAuth")


def require_signature(certificate: x509.Certificate) -> None:
    """nonRepudiation or digitalSignature, or KeyUsageMissing."""
    if not key_usages(certificate):
        raise KeyUsageMissing("neither nonRepudiation nor digitalSignature")


def require_period(certificate: x509.Certificate, moment: datetime) -> None:
    """`moment` (aware) within notBefore and notAfter."""
    if moment < certificate.not_valid_before_utc:
        raise CertificateNotYetValid("not yet valid")
    if moment > certificate.not_valid_after_utc:
        raise CertificateExpired("expired")


async def require_chain(
    certificate: x509.Certificate,
    authorities: Authorities,
    moment: datetime,
    others: Iterable[x509.Certificate] = (),
) -> None:
    """A valid path at `moment` to one of the roots; CertificateUntrusted otherwise.

    `others` are certificates that came along; they may be links, never anchors.
    """
    context = ValidationContext(
        trust_roots=[_asn1(root) for root in authorities.roots],
        other_certs=[_asn1(link) for link in (*authorities.intermediates, *others)],
        moment=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",  # revocation: a later issue
    )
    if certificate.subject == certificate.issuer:
        raise CertificateUntrusted("self-issued")
    validator = CertificateValidator(_asn1(certificate), validation_context=context)
    try:
        await validator.async_validate_path()
    except (PathBuildingError, PathValidationError, InvalidCertificateError, ValidationError) as error:
        raise CertificateUntrusted("no valid chain to a configured authority") from error


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
