"""Verification of CAdES baseline B-B and B-T, detached and enveloping (ETSI EN 319 122-1, RFC 5652)."""

from datetime import datetime
from typing import Any

from . import cms
from .chain import UNREADABLE
from .errors import DocumentTooLarge, SignatureMalformed
from .policy import Policy
from .revocation import Fetch
from .verified import Receipt, VerifiedSignature


async def verify_cades(
    signature: bytes,
    document: bytes | None = None,
    *,
    policy: Policy,
    moment: datetime,
    now: datetime | None = None,
    fetch: Fetch | None = None,
) -> VerifiedSignature:
    """Verify `signature` (DER ContentInfo) over exactly the bytes of `document`.

    Without `document` the signature has to be enveloping, and the result's `content` is what it holds;
    with it, detached. `moment` is the receipt and `now` the present (defaults to `moment`), aware.

    Raises:
        VerificationError: see errors.py.
    """
    receipt = Receipt.of(policy, moment, now, fetch)
    limit = cms.MAX_SIGNATURE_BYTES + (policy.max_document_bytes if document is None else 0)
    signed = cms.read(signature, limit)
    content = _content(signed, document)
    if len(content) > policy.max_document_bytes:
        raise DocumentTooLarge("over max_document_bytes")
    held = cms.verify(signed, content, policy)
    trust = await receipt.judge(held.certificate, held.others, held.timestamps, held.signature)
    return VerifiedSignature(
        form="cades",
        packaging="enveloping" if document is None else "detached",
        certificate=held.certificate,
        content=content,
        moment=trust.moment,
        stamped=trust.stamped,
        claimed=held.claimed,
        revocation=trust.revocation,
    )


def _content(signed: Any, document: bytes | None) -> bytes:
    try:
        enveloped = signed["encap_content_info"]["content"].native
    except UNREADABLE as error:
        raise SignatureMalformed("not readable as CMS") from error
    if document is not None:
        if enveloped is not None:
            raise SignatureMalformed("not detached")
        return document
    if not isinstance(enveloped, bytes):
        raise SignatureMalformed("not enveloping")
    return enveloped
