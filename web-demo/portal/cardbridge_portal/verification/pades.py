"""Verification of PAdES baseline B-B and B-T (ETSI EN 319 142-1), also of PDFs signed several times.

The signature and its certificate are judged by this package; pyHanko reads the PDF and analyses what was
changed after a signature.
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from cryptography import x509

from . import cms
from .errors import (
    DocumentTooLarge,
    PdfEncrypted,
    PdfModified,
    PdfNotCovered,
    PdfUnreadable,
    PdfUnsigned,
    SignatureMalformed,
    VerificationError,
)
from .policy import Policy
from .revocation import Fetch
from .verified import Receipt, VerifiedSignature

PADES = "/ETSI.CAdES.detached"
MAX_SIGNATURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSignature:
    """A signature below the last one: intact, and what came after it is what it permits.

    `refusal` is why its certificate is not accepted here, or None; whether that matters is the portal's
    decision (a form that an authority signed before the bidder).
    """

    field: str
    certificate: x509.Certificate
    content: bytes = dataclasses.field(repr=False)
    refusal: VerificationError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPdf:
    """`signature` is the last one made, over all that a person sees; `earlier` those before, oldest first."""

    signature: VerifiedSignature
    field: str
    earlier: tuple[EarlierSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    field: str
    data: cms.SignedData
    content: bytes
    claimed: datetime | None


async def verify_pades(
    pdf: bytes,
    *,
    policy: Policy,
    moment: datetime,
    now: datetime | None = None,
    fetch: Fetch | None = None,
) -> VerifiedPdf:
    """Verify a signed PDF: every signature intact, the last one trusted and over the whole file.

    After the last signature only a document security store and document time stamps may follow. `moment`
    is the receipt and `now` the present (defaults to `moment`), aware.

    Raises:
        VerificationError: see errors.py.
    """
    receipt = Receipt.of(policy, moment, now, fetch)
    if len(pdf) > policy.max_document_bytes:
        raise DocumentTooLarge("over max_document_bytes")
    *before, last = await asyncio.to_thread(_read, pdf, policy)
    trust = await receipt.judge(
        last.data.certificate, last.data.others, last.data.timestamps, last.data.signature
    )
    signature = VerifiedSignature(
        form="pades",
        packaging=None,
        certificate=last.data.certificate,
        content=last.content,
        moment=trust.moment,
        stamped=trust.stamped,
        claimed=last.claimed,
        revocation=trust.revocation,
        media_type="application/pdf",
    )
    earlier = [await _earlier(one, receipt) for one in before]
    return VerifiedPdf(signature=signature, field=last.field, earlier=tuple(earlier))


async def _earlier(one: _Read, receipt: Receipt) -> EarlierSignature:
    refusal: VerificationError | None = None
    try:
        await receipt.judge(one.data.certificate, one.data.others, one.data.timestamps, one.data.signature)
    except VerificationError as error:
        refusal = error
    return EarlierSignature(
        field=one.field, certificate=one.data.certificate, content=one.content, refusal=refusal
    )


def _read(pdf: bytes, policy: Policy) -> Sequence[_Read]:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation.errors import SignatureValidationError

    try:
        signatures = _signatures(pdf)
        return [_judge(pdf, one, one is signatures[-1], policy) for one in signatures]
    except VerificationError:
        raise
    except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PdfUnreadable(type(error).__name__) from error
    except (IndexError, AssertionError, NotImplementedError, OverflowError, RecursionError) as error:
        # pyHanko on hostile files; a file that it cannot read is not accepted.
        raise PdfUnreadable(type(error).__name__) from error


def _signatures(pdf: bytes) -> list[Any]:
    """The PDF's signatures without document time stamps, oldest first."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(BytesIO(pdf), strict=True)
    if reader.encrypted:
        raise PdfEncrypted("encrypted")
    found = list(reader.embedded_regular_signatures)
    if not found:
        raise PdfUnsigned("no signature")
    if len(found) > MAX_SIGNATURES:
        raise SignatureMalformed("too many signatures")
    return sorted(found, key=lambda one: int(one.byte_range[2]) + int(one.byte_range[3]))


def _judge(pdf: bytes, embedded: Any, is_last: bool, policy: Policy) -> _Read:
    end, ranges = _byte_ranges(pdf, embedded)
    _require_dictionary(embedded, is_last)
    # Earlier signatures may be of the older kind, without signing-certificate-v2.
    signed = cms.read(_unpadded(embedded.pkcs7_content))
    data = cms.verify(signed, ranges, policy, is_named=is_last)
    _require_unchanged(embedded, is_last)
    if end != len(pdf):
        _require_revision_after(pdf, embedded)
    return _Read(
        field=str(embedded.field_name),
        data=data,
        content=pdf[:end],
        claimed=embedded.self_reported_timestamp,
    )


def _byte_ranges(pdf: bytes, embedded: Any) -> tuple[int, bytes]:
    """Where the signed part ends, and its octets: everything but the one hexadecimal string /Contents.

    pyHanko compares lengths only; here the gap itself has to be the string.
    """
    numbers = [int(number) for number in embedded.byte_range]
    if len(numbers) != 4 or min(numbers) < 0:
        raise PdfNotCovered("the byte range's form")
    start, first, second, length = numbers
    end = second + length
    if start != 0 or not 0 < first < second or end > len(pdf):
        raise PdfNotCovered("the byte range does not begin at the beginning or leads outside")
    if not _is_hexadecimal(pdf[first:second], bytes(embedded.pkcs7_content)):
        raise PdfNotCovered("more than the signature is left out")
    return end, pdf[:first] + pdf[second:end]


def _is_hexadecimal(gap: bytes, contents: bytes) -> bool:
    """Whether `gap` is `contents` as a hexadecimal string of a PDF."""
    try:
        return gap[:1] == b"<" and gap[-1:] == b">" and bytes.fromhex(gap[1:-1].decode("ascii")) == contents
    except ValueError:
        return False


def _require_dictionary(embedded: Any, is_last: bool) -> None:
    filters = {PADES} if is_last else {PADES, "/adbe.pkcs7.detached"}
    if embedded.sig_object.get("/SubFilter") not in filters:
        raise SignatureMalformed("not PAdES")


def _require_revision_after(pdf: bytes, embedded: Any) -> None:
    """What stands behind the signed part is an incremental update, which has been analysed, and no more."""
    is_newest = embedded.signed_revision == embedded.reader.total_revisions - 1
    if is_newest or not pdf.rstrip(b"\r\n").endswith(b"%%EOF"):
        raise PdfNotCovered("something behind the end of the file")


def _unpadded(contents: bytes) -> bytes:
    """The DER without the zeros that fill the place kept for it."""
    from asn1crypto import parser

    header = parser.peek(contents)
    if contents[header:].strip(b"\0"):
        raise SignatureMalformed("something behind the signature")
    return bytes(contents[:header])


def _require_unchanged(embedded: Any, is_last: bool) -> None:
    """pyHanko's analysis of coverage and of what incremental updates did afterwards."""
    from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    embedded.compute_integrity_info()
    if embedded.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        raise PdfNotCovered("less than its revision")
    status = embedded.summarise_integrity_info()
    result = status["diff_result"]
    allowed = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    if not isinstance(result, DiffResult) or result.modification_level > allowed or not status["docmdp_ok"]:
        raise PdfModified("changed after the signature")
