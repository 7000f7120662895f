"""One OCSP question and its answer (RFC 6960, nonces RFC 9654)."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import ocsp as asn1
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from .algorithms import verify_declared
from .chain import UNREADABLE, extended_usages, require_period, require_strength
from .errors import (
    AlgorithmTooWeak,
    CertificateExpired,
    CertificateNotYetValid,
    NonceMismatch,
    ResponderUnauthorized,
    RevocationMalformed,
    RevocationSignatureInvalid,
    RevocationStale,
    RevocationUnknown,
    RevocationUnreachable,
    SignatureInvalid,
    SignatureMalformed,
)
from .policy import Policy

NONCE_BYTES = 32
NOT_ISSUED: tuple[type[Exception], ...] = (InvalidSignature, *UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: `nonce` makes an old answer useless."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    nonce: bytes

    @classmethod
    def about(cls, certificate: x509.Certificate, issuer: x509.Certificate) -> "Question":
        """A question with a fresh nonce."""
        return cls(certificate=certificate, issuer=issuer, nonce=secrets.token_bytes(NONCE_BYTES))

    def encode(self) -> bytes:
        """DER of the OCSPRequest."""
        # SHA-1 only names the issuer here, and many responders know no other (RFC 5019 section 2.1.1).
        named_by = hashes.SHA1()  # noqa: S303
        builder = ocsp.OCSPRequestBuilder().add_certificate(self.certificate, self.issuer, named_by)
        return builder.add_extension(x509.OCSPNonce(self.nonce), False).build().public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A trustworthy answer: None for good, else when it was revoked. `delegate` signed for the issuer."""

    revoked: datetime | None
    delegate: x509.Certificate | None


def read_answer(
    der: bytes, question: Question, policy: Policy, now: datetime, responder: x509.Certificate | None = None
) -> Answer:
    """Judge an OCSPResponse; `responder` is a certificate that is trusted to answer.

    Raises:
        RevocationError: each of its subclasses but RevocationUnavailable and RevocationAddressRefused.
    """
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            # Unsigned, so no more than silence: try later, internal error, unauthorized.
            raise RevocationUnreachable(f"the responder answers {response.response_status.name}")
        delegate = _require_signer(der, response, question, policy, now, responder)
        _require_nonce(response, question, policy)
        single = next((one for one in response.responses if _is_about(one, question)), None)
        if single is None:
            raise RevocationMalformed("about another certificate")
        require_fresh(single.this_update_utc, single.next_update_utc, policy, now)
    except UNREADABLE as error:
        raise RevocationMalformed("not a readable OCSP response") from error
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise RevocationUnknown("the responder does not know the certificate")
    return Answer(revoked=single.revocation_time_utc, delegate=delegate)


def require_fresh(this: datetime, following: datetime | None, policy: Policy, now: datetime) -> None:
    """`now` from thisUpdate to nextUpdate, or RevocationStale."""
    if this > now + policy.clock_skew:
        raise RevocationStale("from the future")
    until = this + policy.revocation_age if following is None else following
    if now > until + policy.clock_skew:
        raise RevocationStale("out of date")


def _require_nonce(response: ocsp.OCSPResponse, question: Question, policy: Policy) -> None:
    found = None
    for extension in response.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            found = extension.value.nonce
        elif extension.critical:
            raise RevocationMalformed("an unknown critical extension")
    if found != question.nonce and (found is not None or policy.nonce == "required"):
        raise NonceMismatch("not our nonce" if found else "no nonce")


def _is_about(single: ocsp.OCSPSingleResponse, question: Question) -> bool:
    name = hashlib.new(single.hash_algorithm.name, question.issuer.subject.public_bytes()).digest()
    key = hashlib.new(single.hash_algorithm.name, _key_bits(question.issuer)).digest()
    return (single.serial_number, single.issuer_name_hash, single.issuer_key_hash) == (
        question.certificate.serial_number,
        name,
        key,
    )


def _require_signer(
    der: bytes,
    response: ocsp.OCSPResponse,
    question: Question,
    policy: Policy,
    now: datetime,
    responder: x509.Certificate | None,
) -> x509.Certificate | None:
    """The delegated responder that signed, or None for the issuer itself and a configured responder."""
    basic = asn1.OCSPResponse.load(der).basic_ocsp_response
    unauthorized, wrong = None, None
    for candidate in _candidates(response, question, responder):
        delegate = None if candidate in (question.issuer, responder) else candidate
        try:
            if delegate is not None:
                _require_delegated(delegate, question.issuer, policy, now)
            verify_declared(
                candidate.public_key(),
                response.signature,
                response.tbs_response_bytes,
                basic["signature_algorithm"],
                policy,
            )
        except ResponderUnauthorized as error:
            unauthorized = error
        except (SignatureInvalid, SignatureMalformed, AlgorithmTooWeak) as error:
            wrong = error
        else:
            return delegate
    if wrong is not None:
        raise RevocationSignatureInvalid("the answer's signature is wrong") from wrong
    raise unauthorized or ResponderUnauthorized("signed by nobody that is known")


def _candidates(
    response: ocsp.OCSPResponse, question: Question, responder: x509.Certificate | None
) -> Iterator[x509.Certificate]:
    """The certificates that the responder's name or key hash means."""
    known = [question.issuer, *([] if responder is None else [responder]), *response.certificates]
    for certificate in known:
        if response.responder_name is not None:
            if response.responder_name == certificate.subject:
                yield certificate
        # RFC 6960 section 4.2.1: KeyHash is SHA-1 of the public key's bits.
        elif (
            response.responder_key_hash
            == hashlib.sha1(_key_bits(certificate), usedforsecurity=False).digest()
        ):
            yield certificate


def _require_delegated(
    delegate: x509.Certificate, issuer: x509.Certificate, policy: Policy, now: datetime
) -> None:
    try:
        delegate.verify_directly_issued_by(issuer)
        require_period(delegate, now, policy)
        require_strength(delegate, policy)
    except NOT_ISSUED as error:
        raise ResponderUnauthorized("not issued by the certificate's issuer") from error
    except (CertificateExpired, CertificateNotYetValid) as error:
        raise ResponderUnauthorized("the responder's certificate is not valid now") from error
    if ExtendedKeyUsageOID.OCSP_SIGNING not in extended_usages(delegate):
        raise ResponderUnauthorized("no id-kp-OCSPSigning")


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The subjectPublicKey BIT STRING's content."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return bytes(PublicKeyInfo.load(spki)["public_key"].contents[1:])
