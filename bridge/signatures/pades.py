"""PAdES baseline signatures B-B and B-T (ETSI EN 319 142-1, section 6) by pyHanko, always appended."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTBSDocument

from bridge.core import certificate as x509
from bridge.core.algorithms import ALGORITHMS
from bridge.core.errors import BridgeError, InternalError
from bridge.core.order import FontFile, Form, SignatureOrder
from bridge.core.ports import RawSigner, TimeStampRequest
from bridge.signatures.cms import MAX_SIGNATURE_BYTES, CardSigner
from bridge.signatures.pdf import incremental, unreadable
from bridge.signatures.stamp import MAX_LINES, StampStyle, fonts_for, lines_of, place_of, showable
from bridge.signatures.timestamp import MAX_TOKEN_BYTES, CheckedTimeStamper

_ATTRIBUTES_BYTES = 4096


async def sign(
    order: SignatureOrder,
    raw_signer: RawSigner,
    time_stamp: TimeStampRequest | None,
    fonts: Iterable[FontFile],
) -> bytes:
    """The document with one more revision, which holds the signature.

    Signed attributes: content type, message digest, signing-certificate-v2; the signing time stands in the
    signature dictionary (ETSI EN 319 142-1, section 6.3).

    Args:
        fonts: for the stamp, the best first; without one, a stamp is ASCII only.

    Raises:
        DocumentUnreadable, TimeStampFailed, and what `raw_signer` raises.
    """
    lines = lines_of(x509.read(order.certificate), order.signing_time)
    signer = CardSigner(order.certificate, order.chain, ALGORITHMS[order.algorithm], raw_signer)
    prepared = _prepare(order.form, order.name, order.content, signer, order.signing_time, lines, fonts)
    if time_stamp is not None:
        prepared.document.timestamper = CheckedTimeStamper(time_stamp)
    attributes = PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec())
    await prepared.document.perform_signature(prepared.digest, attributes)
    prepared.output.seek(0)
    return prepared.output.read()


def check(form: Form, name: str, content: bytes) -> None:
    """Try everything but the signature itself.

    Raises:
        DocumentUnreadable
    """
    signer = CardSigner(None, (), ALGORITHMS["RS256"], _never)
    _prepare(form, name, content, signer, datetime.now(UTC), ("?",) * MAX_LINES, ())


async def _never(message: bytes) -> bytes:
    raise InternalError("A document that is only tried out is not signed.")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The document with room for the signature, and the digest of all else."""

    document: PdfTBSDocument
    digest: bytes
    output: IO[bytes]


def _prepare(
    form: Form,
    name: str,
    content: bytes,
    signer: CardSigner,
    signing_time: datetime,
    lines: tuple[str, ...],
    fonts: Iterable[FontFile],
) -> _Prepared:
    try:
        writer = incremental(name, content)
        field, style = _field(writer, form, lines, fonts)
        pdf_signer = PdfSigner(
            PdfSignatureMetadata(
                field_name=field.sig_field_name,
                md_algorithm=signer.hash_name,
                subfilter=SigSeedSubFilter.PADES,
                cades_signed_attr_spec=CAdESSignedAttrSpec(),
            ),
            signer,
            new_field_spec=field,
            stamp_style=style,
        )
        session = pdf_signer.init_signing_session(writer)
        session.system_time = signing_time
        document = session.prepare_tbs_document(None, bytes_reserved=_reserved(signer, form))
        prepared, output = document.digest_tbs_document()
    except BridgeError:
        raise
    except (Exception, RecursionError) as error:  # pyHanko raises many kinds on malformed input
        raise unreadable(name, error) from None
    return _Prepared(document, prepared.document_digest, output)


def _field(
    writer: IncrementalPdfFileWriter, form: Form, lines: tuple[str, ...], fonts: Iterable[FontFile]
) -> tuple[SigFieldSpec, StampStyle | None]:
    """A new signature field, visible where a stamp is asked for; its name is in no document yet."""
    name = f"Signature-{secrets.token_hex(6)}"
    if form.stamp is None:
        return SigFieldSpec(sig_field_name=name), None
    font = fonts_for(lines, fonts)
    shown = showable(lines, font)
    place = place_of(writer, form.stamp, len(shown))
    field = SigFieldSpec(sig_field_name=name, on_page=place.page, box=place.rectangle)
    return field, StampStyle(lines=shown, font=font, turn=place.turn)


def _reserved(signer: CardSigner, form: Form) -> int:
    """Room for the CMS object, in bytes of its hexadecimal text."""
    certificates: int = sum(len(each.dump()) for each in (signer.signing_cert, *signer.cert_registry) if each)
    size = certificates + MAX_SIGNATURE_BYTES + _ATTRIBUTES_BYTES
    return 2 * (size + (MAX_TOKEN_BYTES if form.level == "B-T" else 0))
