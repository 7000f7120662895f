"""Key usage, validity, and the path to a configured authority (RFC 5280); revocation is revocation.py's."""

from collections.abc import Iterable
from datetime import datetime

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

from .algorithms import require_hash, require_key
from .errors import (
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    CertificateUntrusted,
    KeyUsageMissing,
)
from .policy import Authorities, Policy

MAX_OTHERS = 20
# What asn1crypto, which parses lazily, and cryptography report broken, odd or too deep DER with.
UNREADABLE: tuple[type[Exception], ...] = (
    *(ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm),
)
NO_PATH: tuple[type[Exception], ...] = (PathError, ValidationError, *UNREADABLE)
EVERYTHING = DisallowWeakAlgorithmsPolicy(frozenset(), frozenset(), 0, 0)  # type: ignore[no-untyped-call]


def load_certificate(der: bytes) -> x509.Certificate:
    """Parse a DER certificate.

    Raises:
        CertificateMalformed: it is none.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Extensions are parsed lazily: a broken one must show here, not later.
        _ = (certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key())
        # Stands outside the issuer's signature; parsers ignore it, and the thumbprint would be another.
        has_unused_bits = asn1.Certificate.load(der)["signature_value"].contents[:1] != b"\0"
    except UNREADABLE as error:
        raise CertificateMalformed("not a certificate") from error
    if has_unused_bits:
        raise CertificateMalformed("not DER")
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
    if ExtendedKeyUsageOID.CLIENT_AUTH not in extended_usages(certificate):
        raise KeyUsageMissing("no clientAuth")


def require_signature(certificate: x509.Certificate) -> None:
    """nonRepudiation or digitalSignature, or KeyUsageMissing."""
    if not key_usages(certificate):
        raise KeyUsageMissing("neither nonRepudiation nor digitalSignature")


def extended_usages(certificate: x509.Certificate) -> frozenset[x509.ObjectIdentifier]:
    """The extended key usages; empty without the extension."""
    try:
        return frozenset(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return frozenset()


def require_period(certificate: x509.Certificate, moment: datetime, policy: Policy) -> None:
    """`moment` (aware) within notBefore, less the clock skew, and notAfter."""
    if moment < certificate.not_valid_before_utc - policy.clock_skew:
        raise CertificateNotYetValid("not yet valid")
    if moment > certificate.not_valid_after_utc:
        raise CertificateExpired("expired")


async def build_path(
    certificate: x509.Certificate,
    authorities: Authorities,
    moment: datetime,
    policy: Policy,
    others: Iterable[x509.Certificate] = (),
) -> tuple[x509.Certificate, ...]:
    """A valid path at `moment`, the certificate first and the trusted root last.

    `others` came along with the signature; they may be links, never anchors.

    Raises:
        CertificateUntrusted, AlgorithmTooWeak
    """
    if certificate.subject == certificate.issuer:
        raise CertificateUntrusted("self-issued")
    links = (*authorities.intermediates, *tuple(others)[:MAX_OTHERS])
    try:
        # asn1crypto prepares names when they are compared, and refuses some with ValueError.
        context = ValidationContext(
            trust_roots=[_asn1(root) for root in authorities.roots],
            other_certs=[_asn1(link) for link in links],
            moment=moment,
            allow_fetching=False,
            revocation_mode="soft-fail",
            algorithm_usage_policy=EVERYTHING,  # judged below, with a reason of its own
            time_tolerance=policy.clock_skew,
        )
        validator = CertificateValidator(_asn1(certificate), validation_context=context)
        found = await validator.async_validate_path()
    except NO_PATH as error:
        raise CertificateUntrusted("no valid chain to a configured authority") from error
    path = tuple(load_certificate(link.dump()) for link in found.iter_certs(include_root=True))[::-1]
    for link in path[:-1]:
        require_strength(link, policy)
    require_key(path[-1].public_key(), policy)  # an anchor's own signature proves nothing
    return path


def require_strength(certificate: x509.Certificate, policy: Policy) -> None:
    """An allowed key, and an allowed hash in the issuer's signature; AlgorithmTooWeak otherwise."""
    try:
        hashed = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        hashed = None
    require_hash(None if hashed is None else hashed.name, policy)
    require_key(certificate.public_key(), policy)


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
