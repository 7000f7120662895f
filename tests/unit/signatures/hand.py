"""Software keys with certificates, and raw signers made of them: the card's part, for compute-only code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.core.algorithms import ALGORITHMS, Algorithm
from bridge.core.order import Form, Level, Packaging, SignatureOrder, Stamp
from bridge.signatures.making import make
from bridge.signatures.packaging import form_of

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
KINDS = ("rsa", "p256", "p384", "p521")
NOW = datetime.now(UTC).replace(microsecond=0)
HOLDER = "株式会社見本建設"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A key and its certificate, issued by `issuer`."""

    key: PrivateKey
    certificate: x509.Certificate
    issuer: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def write_authority(self, folder: Path) -> Path:
        """The issuer as PEM."""
        path = folder / "authority.pem"
        path.write_bytes(self.issuer.public_bytes(Encoding.PEM))
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(
        self,
        key: PrivateKey,
        name: str,
        *,
        usage: Sequence[x509.ObjectIdentifier] = (),
        days: int = 365,
        usage_critical: bool = True,
    ) -> Identity:
        """A certificate for documents, or with an extended key usage."""
        builder = _builder(name, self.certificate.subject, key.public_key(), days)
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        builder = builder.add_extension(_key_usage(content_commitment=True), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName("holder.example.jp")]), critical=False
        )
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=usage_critical)
        return Identity(key=key, certificate=builder.sign(self.key, hashes.SHA256()), issuer=self.certificate)


@cache
def authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("検証用認証局")
    builder = _builder("検証用認証局", name, key.public_key(), 3650)
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True), critical=True)
    return Authority(key=key, certificate=builder.sign(key, hashes.SHA256()))


@cache
def identity(kind: str) -> Identity:
    """The holder's identity with a key of this kind."""
    return authority().issue(make_key(kind), HOLDER)


@cache
def other_identity(kind: str) -> Identity:
    """Somebody else's, from the same authority."""
    return authority().issue(make_key(kind), "別人商店")


@cache
def time_stamping(kind: str = "rsa") -> Identity:
    """The time-stamping authority's (RFC 3161, section 2.3)."""
    return authority().issue(make_key(kind), "検証用時刻局", usage=[ExtendedKeyUsageOID.TIME_STAMPING])


def make_key(kind: str) -> PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    curve = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind]
    return ec.generate_private_key(curve)


KEY_KINDS = {"ES256": "p256", "ES384": "p384", "ES512": "p521"}


def algorithms_of(kind: str) -> list[str]:
    """Names of the table's algorithms for a key of this kind."""
    if kind == "rsa":
        return [name for name, row in ALGORITHMS.items() if row.family != "ECDSA"]
    return {"p256": ["ES256"], "p384": ["ES384"], "p521": ["ES512"]}[kind]


class Hand:
    """A raw signer with a software key. `messages` is what it was asked to sign."""

    def __init__(self, key: PrivateKey, algorithm: Algorithm) -> None:
        self._key = key
        self._algorithm = algorithm
        self.messages: list[bytes] = []

    async def __call__(self, message: bytes) -> bytes:
        self.messages.append(message)
        hash_algorithm = HASHES[self._algorithm.hash_name]
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hash_algorithm)))
            size = (self._key.curve.key_size + 7) // 8
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self._algorithm.family == "RSA-PSS":
            pss = padding.PSS(padding.MGF1(hash_algorithm), hash_algorithm.digest_size)
            return self._key.sign(message, pss, hash_algorithm)
        return self._key.sign(message, padding.PKCS1v15(), hash_algorithm)


def order_of(
    content: bytes,
    signer: Identity,
    algorithm: str,
    form: Form,
    *,
    name: str = "入札書.txt",
    media_type: str = "text/plain",
    signing_time: datetime = NOW,
) -> SignatureOrder:
    """What the methods would order."""
    return SignatureOrder(
        form=form,
        name=name,
        media_type=media_type,
        content=b"" if form.packaging == "detached" else content,
        digest=hashlib.new(ALGORITHMS[algorithm].hash_name, content).digest(),
        certificate=signer.der,
        chain=(signer.issuer.public_bytes(Encoding.DER),),
        algorithm=algorithm,
        signing_time=signing_time,
    )


async def to_be_signed(order: SignatureOrder) -> bytes:
    """What a signature of this order has to sign, as an honest signing process asks for it."""
    algorithm = ALGORITHMS[order.algorithm]
    hand = Hand(identity(KEY_KINDS.get(order.algorithm, "rsa")).key, algorithm)
    await make(order, hand, None)
    (message,) = hand.messages
    return message


def cades(packaging: Packaging = "detached", level: Level = "B-B") -> Form:
    return form_of("cades", packaging, level, None)


def xades(packaging: Packaging = "enveloped", level: Level = "B-B") -> Form:
    return form_of("xades", packaging, level, None)


def pades(level: Level = "B-B", stamp: Stamp | None = None) -> Form:
    return form_of("pades", None, level, stamp)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, common_name),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    name: str, issuer: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=_name(name),
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=NOW - timedelta(days=1),
        not_valid_after=NOW + timedelta(days=days),
    )
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _key_usage(*, content_commitment: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=content_commitment,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )
