"""Certificates for the unit tests, made with `cryptography`; keys are made once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
LOGIN, SIGNATURE = ("digital_signature",), ("content_commitment",)
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
}


def key(kind: str = "p256", number: int = 0) -> Key:
    """A key of the kind p256, p384, p521, rsa or ed25519; another `number` is another key."""
    return _key(kind, number)


@cache
def _key(kind: str, number: int) -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[kind]())


def name(*parts: tuple[ObjectIdentifier, str] | str) -> x509.Name:
    """Text is a common name."""
    pairs = [(NameOID.COMMON_NAME, part) if isinstance(part, str) else part for part in parts]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs])


HOLDER = name((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "株式会社見本建設"), "見本 太郎")
AUTHORITY = name((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "見本認証局"), "Sample CA 1")


def certificate(
    kind: str = "p256",
    *,
    number: int = 0,
    subject: x509.Name = HOLDER,
    issuer: x509.Name = AUTHORITY,
    usage: Sequence[str] | None = LOGIN,
    policies: Sequence[str] = (),
    is_authority: bool = False,
    valid: tuple[datetime, datetime] = (FROM, UNTIL),
    serial: int = 0x1234ABCD,
) -> bytes:
    """DER. Signed with an authority's key that nobody asks for; `usage` None leaves the extension out."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key(kind, number).public_key())
        .serial_number(serial)
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(
            x509.KeyUsage(**{each: each in usage for each in _USAGES}), critical=True
        )
    if policies:
        rows = [x509.PolicyInformation(ObjectIdentifier(oid), None) for oid in policies]
        builder = builder.add_extension(x509.CertificatePolicies(rows), critical=False)
    authority = key("p256", 99)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)
    return builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.DER)


def authority(subject: x509.Name, issuer: x509.Name, *, serial: int = 1) -> bytes:
    """An authority's certificate."""
    return certificate(
        subject=subject, issuer=issuer, usage=("key_cert_sign", "crl_sign"), is_authority=True, serial=serial
    )
