"""A private PKI for tests: authorities of two floors, signers, responders, a time-stamping authority."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def make_key(kind: str = "ec") -> Any:
    """`ec` (P-256), `secp384r1`, or RSA of so many bits."""
    if kind.isdigit():
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind))
    curves = {"ec": ec.SECP256R1(), "secp384r1": ec.SECP384R1(), "secp256k1": ec.SECP256K1()}
    return ec.generate_private_key(curves[kind])


@dataclass(frozen=True)
class Identity:
    """A key with its certificate, and the issuers' above it."""

    key: Any
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """`name`.key.pem and `name`.crt.pem for command line tools."""
        key, certificate = folder / f"{name}.key.pem", folder / f"{name}.crt.pem"
        encoding = (Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        key.write_bytes(self.key.private_bytes(*encoding))
        certificate.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return key, certificate

    def issue(
        self,
        name: str,
        *,
        kind: str = "ec",
        key: Any = None,
        usages: tuple[str, ...] = ("content_commitment",),
        extended: tuple[x509.ObjectIdentifier, ...] = (),
        critical: bool = False,
        ocsp: tuple[str, ...] = (),
        crls: tuple[str, ...] = (),
        nocheck: bool = False,
        start: datetime = NOW - DAY,
        end: datetime = NOW + 30 * DAY,
        hashed: Any = None,
        authority: bool = False,
    ) -> "Identity":
        """A certificate by this authority."""
        key = key or make_key(kind)
        builder = certificate_of(name, key, start, end).issuer_name(self.certificate.subject)
        builder = builder.add_extension(x509.BasicConstraints(authority, None), True)
        if usages:
            builder = builder.add_extension(usage(*usages), True)
        if extended:
            builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical)
        if ocsp:
            builder = builder.add_extension(
                x509.AuthorityInformationAccess([_access(a) for a in ocsp]), False
            )
        if crls:
            points = [x509.DistributionPoint([_address(a)], None, None, None) for a in crls]
            builder = builder.add_extension(x509.CRLDistributionPoints(points), False)
        if nocheck:
            builder = builder.add_extension(x509.OCSPNoCheck(), False)
        made = builder.sign(self.key, hashed or hashes.SHA256())
        return Identity(key, made, (self.certificate, *self.chain))

    def issue_authority(self, name: str, **values: Any) -> "Identity":
        return self.issue(name, usages=("key_cert_sign", "crl_sign"), authority=True, **values)

    def issue_person(self, name: str = "見本 太郎", **values: Any) -> "Identity":
        """A card's authentication certificate."""
        client = (ExtendedKeyUsageOID.CLIENT_AUTH,)
        return self.issue(name, usages=("digital_signature",), extended=client, **values)

    def issue_responder(self, **values: Any) -> "Identity":
        given: dict[str, Any] = {"extended": (ExtendedKeyUsageOID.OCSP_SIGNING,), "nocheck": True} | values
        return self.issue("OCSP応答", usages=("digital_signature",), **given)

    def issue_stamper(self, **values: Any) -> "Identity":
        given: dict[str, Any] = {"extended": (ExtendedKeyUsageOID.TIME_STAMPING,), "critical": True} | values
        return self.issue("時刻認証局", usages=("digital_signature",), **given)


def make_root(name: str = "検証用認証局", kind: str = "ec", usages: tuple[str, ...] = ()) -> Identity:
    """A self-signed authority, with further key usages."""
    key = make_key(kind)
    builder = certificate_of(name, key, NOW - 400 * DAY, NOW + 4000 * DAY)
    builder = builder.issuer_name(_name(name))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    builder = builder.add_extension(usage("key_cert_sign", "crl_sign", *usages), True)
    return Identity(key, builder.sign(key, hashes.SHA256()))


def certificate_of(name: str, key: Any, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def usage(*names: str) -> x509.KeyUsage:
    """A key usage with just these bits."""
    every = "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
    every += "key_cert_sign crl_sign encipher_only decipher_only"
    return x509.KeyUsage(**{name: name in names for name in every.split()})


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "検証用（実在しません）"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _address(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


def _access(text: str) -> x509.AccessDescription:
    return x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _address(text))
