"""One certificate revocation list (RFC 5280 section 5): complete and direct, by the certificate's issuer."""

from collections.abc import Iterator
from datetime import datetime

from asn1crypto import crl as asn1
from cryptography import x509

from .algorithms import verify_declared
from .chain import UNREADABLE
from .errors import (
    AlgorithmTooWeak,
    ResponderUnauthorized,
    RevocationMalformed,
    RevocationSignatureInvalid,
    SignatureInvalid,
    SignatureMalformed,
)
from .ocsp import require_fresh
from .policy import Policy


def crl_addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """The addresses of complete, direct lists that the certificate names."""
    return tuple(_addresses(certificate))


def _addresses(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        if point.reasons is None and point.crl_issuer is None:
            for name in point.full_name or ():
                if isinstance(name, x509.UniformResourceIdentifier):
                    yield name.value


def read_crl(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, policy: Policy, now: datetime
) -> datetime | None:
    """When `certificate` was revoked, or None.

    Raises:
        RevocationMalformed, ResponderUnauthorized, RevocationSignatureInvalid, RevocationStale
    """
    try:
        crl = x509.load_der_x509_crl(der)
        if crl.issuer != issuer.subject or not _may_sign(issuer):
            raise ResponderUnauthorized("by another issuer")
        declared = asn1.CertificateList.load(der)["signature_algorithm"]
        verify_declared(issuer.public_key(), crl.signature, crl.tbs_certlist_bytes, declared, policy)
        _require_scope(crl, certificate)
        # Imported names of OCSP: this and next update mean the same here (section 5.1.2.4).
        require_fresh(crl.last_update_utc, crl.next_update_utc, policy, now)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    except (SignatureInvalid, SignatureMalformed, AlgorithmTooWeak) as error:
        raise RevocationSignatureInvalid("the list's signature is wrong") from error
    except UNREADABLE as error:
        raise RevocationMalformed("not a readable list") from error
    return None if entry is None else entry.revocation_date_utc


def _may_sign(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _require_scope(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    """Refuse lists of a part, of changes, of other issuers, or with what is not understood."""
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            if not _covers(value, certificate):
                raise RevocationMalformed("the list does not cover this certificate")
        elif extension.critical:
            raise RevocationMalformed("an unknown critical extension, or only changes")


def _covers(point: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
        return False
    excluded = point.only_contains_user_certs if _is_authority(certificate) else point.only_contains_ca_certs
    if excluded or point.relative_name is not None:
        return False
    if point.full_name is None:
        return True
    return bool({name.value for name in point.full_name} & set(crl_addresses(certificate)))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
