"""Verification of a web-eid:1.0 authentication token, as Web eID's own validator does it.

    https://github.com/web-eid/web-eid-system-architecture-doc (token format, validation)

With H the algorithm's hash, the signed message is H(utf8(origin)) || H(utf8(challengeNonce)),
and the signature algorithm hashes it again. Revocation is not checked yet (a later issue).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .chain import Authorities, load_certificate, require_authentication, require_chain, require_period
from .errors import AlgorithmMismatch, CertificateError, TokenMalformed, TokenSignatureInvalid

HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
# RFC 7518 section 3.4.
CURVES = {"256": "secp256r1", "384": "secp384r1", "512": "secp521r1"}
ALGORITHM = re.compile(r"(ES|PS|RS)(256|384|512)", re.ASCII)
FORMAT = re.compile(r"web-eid:1(\.[0-9]+)*", re.ASCII)
MIN_RSA_BITS = 2048
MAX_CERTIFICATE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationToken:
    """A token's members, decoded; `app_version` is a URL."""

    certificate: x509.Certificate
    algorithm: str
    signature: bytes
    format: str
    app_version: str


def parse_token(token: object) -> AuthenticationToken:
    """Read the JSON object of a token; unknown members are tolerated, as Web eID does.

    Raises:
        TokenMalformed: a member is missing, of the wrong type or form.
    """
    if not isinstance(token, Mapping):
        raise TokenMalformed("not an object")
    form, version = _text(token, "format"), _text(token, "appVersion")
    if not FORMAT.fullmatch(form):
        raise TokenMalformed("format")
    if not _is_url(version):
        raise TokenMalformed("appVersion")
    der = _base64(_text(token, "unverifiedCertificate"))
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise TokenMalformed("unverifiedCertificate")
    try:
        certificate = load_certificate(der)
    except CertificateError as error:
        raise TokenMalformed("unverifiedCertificate") from error
    return AuthenticationToken(
        certificate=certificate,
        algorithm=_text(token, "algorithm"),
        signature=_base64(_text(token, "signature")),
        format=form,
        app_version=version,
    )


def require_signature_over(token: AuthenticationToken, origin: str, nonce: str) -> None:
    """The token's signature is by its certificate's key over `origin` and `nonce`.

    Raises:
        AlgorithmMismatch, TokenSignatureInvalid
    """
    match = ALGORITHM.fullmatch(token.algorithm)
    if match is None:
        raise AlgorithmMismatch("unknown algorithm")
    family, bits = match.groups()
    message = b"".join(hashlib.new(f"sha{bits}", part.encode()).digest() for part in (origin, nonce))
    key = token.certificate.public_key()
    try:
        if family == "ES":
            _verify_ecdsa(key, token.signature, message, bits)
        else:
            _verify_rsa(key, token.signature, message, family, bits)
    except InvalidSignature as error:
        raise TokenSignatureInvalid("not over this origin and nonce") from error


async def verify_token(
    token: object, *, origin: str, nonce: str, authorities: Authorities, moment: datetime
) -> x509.Certificate:
    """Verify a token and return its certificate, now trusted.

    `origin` is the portal's configured one, `nonce` the base64 text given to this session,
    `moment` an aware datetime.

    Raises:
        VerificationError: see errors.py.
    """
    parsed = parse_token(token)
    require_authentication(parsed.certificate)
    require_period(parsed.certificate, moment)
    await require_chain(parsed.certificate, authorities, moment)
    require_signature_over(parsed, origin, nonce)
    return parsed.certificate


def _verify_ecdsa(key: object, signature: bytes, message: bytes, bits: str) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != CURVES[bits]:
        raise AlgorithmMismatch("the key is not of this algorithm's curve")
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise TokenSignatureInvalid("not a raw R || S")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(HASHES[bits]))


def _verify_rsa(key: object, signature: bytes, message: bytes, family: str, bits: str) -> None:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        raise AlgorithmMismatch("the key is not RSA of 2048 bits or more")
    algorithm = HASHES[bits]
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if family == "PS":
        scheme = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=algorithm.digest_size)
    key.verify(signature, message, scheme, algorithm)


def _text(token: Mapping[object, object], member: str) -> str:
    value = token.get(member)
    if not isinstance(value, str) or not value:
        raise TokenMalformed(member)
    return value


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise TokenMalformed("base64") from error


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in text
