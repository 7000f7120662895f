"""What a card's certificate says of its holder, for pages and the printed sheet."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

JAPAN = ZoneInfo("Asia/Tokyo")
ADDRESS = (NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME, NameOID.STREET_ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """ICカード取得者: '' where the certificate says nothing."""

    name: str
    company: str
    address: str
    issuer: str
    serial: str
    expiry: datetime
    thumbprint: str


def holder_of(certificate: x509.Certificate) -> Holder:
    """Read the holder from an authentication certificate."""
    issuer = [_first(certificate.issuer, oid) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
    return Holder(
        name=_first(certificate.subject, NameOID.COMMON_NAME),
        company=_first(certificate.subject, NameOID.ORGANIZATION_NAME),
        address="".join(_first(certificate.subject, oid) for oid in ADDRESS),
        issuer=" / ".join(filter(None, issuer)),
        serial=serial_of(certificate),
        expiry=certificate.not_valid_after_utc.astimezone(JAPAN),
        thumbprint=thumbprint(certificate),
    )


def serial_of(certificate: x509.Certificate) -> str:
    """The serial number in upper-case hex."""
    return f"{certificate.serial_number:X}"


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER, lower-case hex."""
    return der_thumbprint(certificate.public_bytes(Encoding.DER))


def der_thumbprint(der: bytes) -> str:
    """SHA-256 of a certificate's DER, lower-case hex."""
    return hashlib.sha256(der).hexdigest()


def issuer_sha256(certificate: x509.Certificate) -> str:
    """SHA-256 of the issuer's DER name: with the serial, what a card is known by."""
    return hashlib.sha256(certificate.issuer.public_bytes()).hexdigest()


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    value = found[0].value if found else ""
    return value if isinstance(value, str) else ""
