"""Signature time stamps (RFC 3161): the request, and the check of what came back.

Whether the time-stamping authority is trusted is for those to say who verify the signature; here its
answer must be complete, be about this signature, and be signed with the key that it names.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, ClassVar

from asn1crypto import algos, cms, core, tsp, x509
from pyhanko.sign.general import check_ess_certid, extract_certificate_info
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from bridge.core.algorithms import DIGEST_SIZES, HashName
from bridge.core.errors import TimeStampFailed
from bridge.core.ports import TimeStampRequest

MAX_TOKEN_BYTES = 32 * 1024
_GRANTED = ("granted", "granted_with_mods")
_NONCE_BITS = 64


class _Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp; asn1crypto's own takes none without a token, as a refusal is."""

    _fields: ClassVar[Any] = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class CheckedTimeStamper(TimeStamper):
    """pyHanko's time stamper over a port that only carries bytes."""

    def __init__(self, ask: TimeStampRequest) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ask = ask

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """The TimeStampToken over `message_digest`.

        Raises:
            TimeStampFailed
        """
        nonce = secrets.randbits(_NONCE_BITS) | 1 << (_NONCE_BITS - 1)
        answer = await self._ask(request(message_digest, md_algorithm, nonce))
        return token_of(answer, message_digest, md_algorithm, nonce)


async def token(ask: TimeStampRequest, data: bytes, hash_name: HashName) -> bytes:
    """DER of the TimeStampToken over `data`, which is hashed here.

    Raises:
        TimeStampFailed
    """
    digest = hashlib.new(hash_name, data).digest()
    content_info = await CheckedTimeStamper(ask).async_timestamp(digest, hash_name)
    der: bytes = content_info.dump()
    return der


def request(digest: bytes, hash_name: str, nonce: int) -> bytes:
    """DER of a TimeStampReq (RFC 3161, section 2.4.1) that asks for the authority's certificate."""
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": hash_name}), "hashed_message": digest}
    der: bytes = tsp.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    ).dump()
    return der


def token_of(answer: bytes, digest: bytes, hash_name: str, nonce: int) -> cms.ContentInfo:
    """The TimeStampToken in a TimeStampResp (RFC 3161, section 2.4.2), if it answers this request.

    Raises:
        TimeStampFailed: refused, unreadable, or about something else.
    """
    try:
        response = _Response.load(answer, strict=True)
        status = response["status"]["status"].native
        if status not in _GRANTED:
            raise TimeStampFailed(f"The time-stamping authority refused: {status}.")
        token = response["time_stamp_token"]
        if len(token.dump()) > MAX_TOKEN_BYTES:
            raise TimeStampFailed("The time stamp is too large.")
        _require_answer(token, digest, hash_name, nonce)
        _require_signature(token["content"])
    except TimeStampFailed:
        raise
    except Exception as error:  # asn1crypto and pyHanko raise many kinds on malformed input
        raise TimeStampFailed(f"The time stamp is unreadable: {type(error).__name__}.") from None
    return token


def _require_answer(token: Any, digest: bytes, hash_name: str, nonce: int) -> None:
    if token["content_type"].native != "signed_data":
        raise TimeStampFailed("The time stamp is not SignedData.")
    content = token["content"]["encap_content_info"]
    if content["content_type"].native != "tst_info":
        raise TimeStampFailed("The time stamp holds no TSTInfo.")
    info = content["content"].parsed
    imprint = info["message_imprint"]
    if (
        imprint["hash_algorithm"]["algorithm"].native != hash_name
        or imprint["hashed_message"].native != digest
    ):
        raise TimeStampFailed("The time stamp is of something else.")
    if info["nonce"].native != nonce:
        raise TimeStampFailed("The time stamp answers another request.")
    if info["version"].native != "v1" or info["gen_time"].native is None:
        raise TimeStampFailed("The time stamp's TSTInfo is incomplete.")


def _require_signature(signed_data: Any) -> None:
    """The authority's own signature, by the certificate that it names (RFC 3161, section 2.4.2)."""
    (signer,) = signed_data["signer_infos"]
    certificate = extract_certificate_info(signed_data).signer_cert
    _require_purpose(certificate)
    _require_certificate(signer, certificate)
    hash_name = signer["digest_algorithm"]["algorithm"].native
    if hash_name not in DIGEST_SIZES:
        raise TimeStampFailed("The time stamp is signed with a hash that is not offered.")
    content: bytes = bytes(signed_data["encap_content_info"]["content"])
    actual = hashlib.new(hash_name, content).digest()
    if validate_sig_integrity(signer, certificate, "tst_info", actual) != (True, True):
        raise TimeStampFailed("The time stamp's signature does not hold.")


def _require_purpose(certificate: x509.Certificate) -> None:
    """RFC 3161, section 2.3: extended key usage timeStamping, alone and critical."""
    usage = certificate.extended_key_usage_value
    critical = "extended_key_usage" in certificate.critical_extensions
    if usage is None or usage.native != ["time_stamping"] or not critical:
        raise TimeStampFailed("The time stamp is signed with a certificate that is not for time stamps.")


def _require_certificate(signer: Any, certificate: x509.Certificate) -> None:
    """Signing-certificate or its version 2 (RFC 5816) names the signer's certificate."""
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native in ("signing_certificate", "signing_certificate_v2"):
            named = attribute["values"][0]["certs"][0]
            if check_ess_certid(certificate, named):
                return
            break
    raise TimeStampFailed("The time stamp does not name its signer's certificate.")
