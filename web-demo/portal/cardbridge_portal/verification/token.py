"""Verification of a web-eid:1.0 authentication token, as Web eID's own validator does it.

    https://github.com/web-eid/web-eid-system-architecture-doc (token format, validation)

With H the algorithm's hash, the signed message is H(utf8(origin)) || H(utf8(challengeNonce)),
and the signature algorithm hashes it again.
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
from cryptography.hazmat.primitives.asymmetric import ec

from .algorithms import verify_raw
from .chain import build_path, load_certificate, require_authentication, require_period
from .errors import (
    AlgorithmMismatch,
    CertificateMalformed,
    SignatureInvalid,
    SignatureMalformed,
    TokenMalformed,
    TokenSignatureInvalid,
)
from .policy import Policy
from .revocation import Checked, Fetch, require_not_revoked

# RFC 7518 section 3.4.
CURVES = {"256": "secp256r1", "384": "secp384r1", "512": "secp521r1"}
ALGORITHM = re.compile(r"(ES|PS|RS)(256|384|512)", re.ASCII)
FORMAT = re.compile(r"web-eid:1(\.[0-9]+)*", re.ASCII)
MAX_CERTIFICATE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationToken:
    """A token's members, decoded; `app_version` is a URL."""

    certificate: x509.Certificate
    algorithm: str
    signature: bytes
    format: str
    app_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """A token that holds; `revocation` is "unchecked" where policy "soft" let a silent authority pass."""

    certificate: x509.Certificate
    revocation: Checked


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
    except CertificateMalformed as error:
        raise TokenMalformed("unverifiedCertificate") from error
    return AuthenticationToken(
        certificate=certificate,
        algorithm=_text(token, "algorithm"),
        signature=_base64(_text(token, "signature")),
        format=form,
        app_version=version,
    )


def require_signature_over(token: AuthenticationToken, origin: str, nonce: str, policy: Policy) -> None:
    """The token's signature is by its certificate's key over `origin` and `nonce`.

    Raises:
        AlgorithmMismatch, AlgorithmTooWeak, TokenSignatureInvalid
    """
    match = ALGORITHM.fullmatch(token.algorithm)
    if match is None:
        raise AlgorithmMismatch("unknown algorithm")
    family, bits = match.groups()
    key = token.certificate.public_key()
    if family == "ES" and isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name != CURVES[bits]:
        raise AlgorithmMismatch("the key is not of this algorithm's curve")
    message = b"".join(hashlib.new(f"sha{bits}", part.encode()).digest() for part in (origin, nonce))
    try:
        verify_raw(key, token.signature, message, family, f"sha{bits}", policy)
    except SignatureMalformed as error:
        raise AlgorithmMismatch("the algorithm is not the key's") from error
    except SignatureInvalid as error:
        raise TokenSignatureInvalid("not over this origin and nonce") from error


async def verify_token(
    token: object,
    *,
    origin: str,
    nonce: str,
    policy: Policy,
    moment: datetime,
    now: datetime | None = None,
    fetch: Fetch | None = None,
) -> VerifiedToken:
    """Verify a token; its certificate can then be trusted.

    `origin` is the portal's configured one, `nonce` the base64 text given to this session; `moment` is
    the receipt and `now` the present (defaults to `moment`), aware. Nobody is asked about a certificate
    before its path and the token's signature hold.

    Raises:
        VerificationError: see errors.py.
    """
    parsed = parse_token(token)
    require_authentication(parsed.certificate)
    require_period(parsed.certificate, moment, policy)
    path = await build_path(parsed.certificate, policy.authorities, moment, policy)
    require_signature_over(parsed, origin, nonce, policy)
    checked = await require_not_revoked(path, policy, moment, now or moment, fetch)
    return VerifiedToken(certificate=parsed.certificate, revocation=checked)


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
