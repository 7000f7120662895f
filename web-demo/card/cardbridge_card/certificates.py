"""Certificates of a card made without an authority, and copies of any whose validity is over."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .contents import SIGNATURE, KeySlot
from .keys import CardKey


class MismatchError(ValueError):
    """The certificate is not for this key."""


def given(key: CardKey, certificate_pem: bytes) -> KeySlot:
    """A key with its certificate from PEM files. Raises MismatchError, ValueError."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    if certificate.public_key() != key.public_key():
        raise MismatchError("the certificate is not for this key")
    return KeySlot(key=key, certificate=certificate)


def self_signed(key: CardKey, *, reference: int, holder: str, company: str) -> KeySlot:
    """Three years from yesterday, for `holder` of `company`; key usage after the key reference."""
    now = datetime.now(UTC).replace(microsecond=0)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, company),
            x509.NameAttribute(NameOID.COMMON_NAME, holder),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3 * 365))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(reference), critical=True)
    )
    if reference != SIGNATURE:
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(usages, critical=False)
    return KeySlot(key=key, certificate=builder.sign(key, hashes.SHA256()))


def expired_copy(slot: KeySlot) -> x509.Certificate:
    """The same certificate, its validity over since yesterday.

    Signed by the card's own key, as the authority's is not here: chain checks will refuse it too.
    """
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    original = slot.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(original.subject)
        .issuer_name(original.issuer)
        .public_key(slot.key.public_key())
        .serial_number(original.serial_number)
        .not_valid_before(min(original.not_valid_before_utc, end - timedelta(days=365)))
        .not_valid_after(end)
    )
    for extension in original.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(slot.key, hashes.SHA256())


def _key_usage(reference: int) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=reference != SIGNATURE,  # one certificate to log in with, one to sign with
        content_commitment=reference == SIGNATURE,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
