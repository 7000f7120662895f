"""The demo certification authority and the cards it issues. Fictitious, for demonstration only."""

import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

NAME = "カードブリッジ実演用認証局"
ORGANIZATION = "カードブリッジ見本（実在しません）"
# RFC 2606: a name that never resolves; the portal asks its own responder instead (responder.py).
OCSP_URL = "http://ocsp.cardbridge.invalid/"
AUTHORITY_YEARS = 20
CARD_DAYS = 5 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The authority's key and self-signed certificate; `data` is where it keeps what it issued."""

    key: PrivateKey
    certificate: x509.Certificate
    data: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCard:
    """A card's folder: `{authentication,signature}.{key,crt}.pem`, keys without a passphrase."""

    directory: Path
    authentication: x509.Certificate
    signature: x509.Certificate


def open_authority(data: Path) -> Authority:
    """The authority in `data`/authority; made if there is none (key 0600)."""
    directory = data / "authority"
    key_path, certificate_path = directory / "ca.key.pem", directory / "ca.crt.pem"
    if not certificate_path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = make_authority()
        write_private(key_path, _pem_key(made.key))
        write_private(certificate_path, made.certificate.public_bytes(serialization.Encoding.PEM))
        return Authority(key=made.key, certificate=made.certificate, data=data)
    key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise ValueError("the authority's key is neither RSA nor EC")
    certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    return Authority(key=key, certificate=certificate, data=data)


def make_authority(common_name: str = NAME, organization: str = ORGANIZATION) -> Authority:
    """A fresh authority, not stored (EC P-256 would do too; private authorities use RSA)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = _name(common_name, organization)
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * AUTHORITY_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(key=key, certificate=certificate)


def issue_card(
    data: Path,
    company: str,
    holder: str,
    *,
    address: str | None = None,
    curve: bool = False,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    authority: Authority | None = None,
) -> DemoCard:
    """Issue a card into `data`/cards/<id>: two key pairs, one subject, one issuer.

    RSA-2048, or P-256 with `curve`; `address` becomes the subject's street address; dates are
    aware and default to now and five years on. `authority` defaults to the one in `data`.
    """
    issuer = authority or open_authority(data)
    start = not_before or datetime.now(UTC) - timedelta(minutes=5)
    end = not_after or start + timedelta(days=CARD_DAYS)
    subject = _name(holder, company, address)
    directory = data / "cards" / f"{x509.random_serial_number():040x}"[:16]
    directory.mkdir(mode=0o700, parents=True)
    issued = {}
    for purpose in ("authentication", "signature"):
        key = make_key(curve)
        builder = certificate_builder(issuer, subject, key, start, end)
        for extension, critical in purpose_extensions(purpose):
            builder = builder.add_extension(extension, critical)
        issued[purpose] = builder.sign(issuer.key, hashes.SHA256())
        write_private(directory / f"{purpose}.key.pem", _pem_key(key))
        pem = issued[purpose].public_bytes(serialization.Encoding.PEM)
        write_private(directory / f"{purpose}.crt.pem", pem)
        if issuer.data is not None:
            _note(issuer.data, "issued", f"{issued[purpose].serial_number:X}")
    return DemoCard(directory=directory, **issued)


def revoke(data: Path, certificate: x509.Certificate, moment: datetime) -> None:
    """Revoke a certificate of the authority in `data` from `moment` (aware) on."""
    _note(data, "revoked", f"{certificate.serial_number:X} {moment.astimezone(UTC).isoformat()}")


def issued_serials(data: Path) -> frozenset[int]:
    """The serial numbers that the authority in `data` issued, those of older data folders' cards included."""
    listed = {int(line, 16) for line in _notes(data, "issued")}
    if not listed:
        cards = (data / "cards").glob("*/*.crt.pem")
        listed = {x509.load_pem_x509_certificate(path.read_bytes()).serial_number for path in cards}
    return frozenset(listed)


def revoked_serials(data: Path) -> dict[int, datetime]:
    """Serial number to the first moment of its revocation."""
    found: dict[int, datetime] = {}
    for serial, moment in (line.split() for line in _notes(data, "revoked")):
        found.setdefault(int(serial, 16), datetime.fromisoformat(moment))
    return found


def _note(data: Path, name: str, line: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(data / "authority" / name, flags, 0o600), "a", encoding="ascii") as file:
        file.write(line + "\n")


def _notes(data: Path, name: str) -> list[str]:
    path = data / "authority" / name
    return path.read_text("ascii").splitlines() if path.exists() else []


def make_key(curve: bool = False) -> PrivateKey:
    """A card's key: RSA-2048, or P-256."""
    if curve:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_builder(
    issuer: Authority, subject: x509.Name, key: PrivateKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    """All that the two certificates of a card share."""
    issuer_key = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    ocsp = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(OCSP_URL)
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityInformationAccess([ocsp]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False
        )
    )


def purpose_extensions(purpose: str) -> list[tuple[x509.ExtensionType, bool]]:
    """Key usage, and clientAuth for authentication, each with its criticality."""
    if purpose == "signature":
        return [(_usage(content_commitment=True), True)]
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return [(_usage(digital_signature=True), True), (client, False)]


def write_private(path: Path, content: bytes) -> None:
    """Create a file that only its owner can read; it must not exist. It appears whole."""
    temporary = _temporary(path, content)
    try:
        os.link(temporary, path)
    finally:
        temporary.unlink()


def replace_private(path: Path, content: bytes) -> None:
    """Put `content` in the place of a file that only its owner can read; readers see one or the other."""
    os.replace(_temporary(path, content), path)


def _temporary(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _name(common_name: str, organization: str, address: str | None = None) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
    ]
    if address is not None:
        attributes.append(x509.NameAttribute(NameOID.STREET_ADDRESS, address))
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem_key(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
