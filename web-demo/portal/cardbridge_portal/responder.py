"""The demo authority's OCSP responder: good for what it issued, revoked from a list, else unknown.

Two files of lines in `data`/authority, written by authority.py and read at every question:

    issued     SERIAL
    revoked    SERIAL ISO8601

SERIAL is upper-case hex. The authority itself signs the answers (RFC 6960 section 4.2.2.2).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from .authority import OCSP_URL, Authority, issued_serials, revoked_serials
from .verification import Fetch, Policy
from .verification.fetch import NetworkFetch

VALIDITY = timedelta(minutes=5)
MAX_REQUEST_BYTES = 4096
MAX_NONCE_BYTES = 128  # RFC 9654 section 2.1


class Responder:
    """Answers OCSP requests about the authority's certificates."""

    def __init__(self, data: Path, authority: Authority, clock: Callable[[], datetime]) -> None:
        self._data = data
        self._authority = authority
        self._clock = clock

    def answer(self, request: bytes) -> bytes:
        """DER of the OCSPResponse; a broken request gets malformedRequest."""
        try:
            if len(request) > MAX_REQUEST_BYTES:
                raise ValueError("too long")
            return self._answer(ocsp.load_der_ocsp_request(request))
        except (ValueError, TypeError):
            refusal = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
            return ocsp.OCSPResponseBuilder.build_unsuccessful(refusal).public_bytes(Encoding.DER)

    def _answer(self, asked: ocsp.OCSPRequest) -> bytes:
        now = self._clock().replace(microsecond=0)
        status, revoked = self._status(asked)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.issuer_name_hash,
                issuer_key_hash=asked.issuer_key_hash,
                serial_number=asked.serial_number,
                algorithm=asked.hash_algorithm,
                cert_status=status,
                this_update=now,
                next_update=now + VALIDITY,
                revocation_time=revoked,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, self._authority.certificate)
        )
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                if len(extension.value.nonce) > MAX_NONCE_BYTES:
                    raise ValueError("nonce too long")
                builder = builder.add_extension(extension.value, False)
        return builder.sign(self._authority.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _status(self, asked: ocsp.OCSPRequest) -> tuple[ocsp.OCSPCertStatus, datetime | None]:
        if not self._is_ours(asked):
            return ocsp.OCSPCertStatus.UNKNOWN, None
        revoked = revoked_serials(self._data).get(asked.serial_number)
        if revoked is not None:
            return ocsp.OCSPCertStatus.REVOKED, revoked
        if asked.serial_number in issued_serials(self._data):
            return ocsp.OCSPCertStatus.GOOD, None
        return ocsp.OCSPCertStatus.UNKNOWN, None

    def _is_ours(self, asked: ocsp.OCSPRequest) -> bool:
        """Whether the request means this authority: its name and key, hashed as the request does."""
        certificate = self._authority.certificate
        probe = ocsp.OCSPRequestBuilder().add_certificate(certificate, certificate, asked.hash_algorithm)
        own = probe.build()
        return (own.issuer_name_hash, own.issuer_key_hash) == (asked.issuer_name_hash, asked.issuer_key_hash)


def local_fetch(responder: Responder, policy: Policy) -> Fetch:
    """Revocation's network, except that the demo authority is asked without one: its name never resolves."""
    network = NetworkFetch(policy.network)

    async def fetch(address: str, *, body: bytes | None, max_bytes: int) -> bytes:
        if address == OCSP_URL and body is not None:
            return responder.answer(body)
        return await network(address, body=body, max_bytes=max_bytes)

    return fetch
