"""PDF documents as PAdES takes them: strict, bounded, never decrypted."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from bridge.core.errors import BridgeError, DocumentUnreadable

_MIB = 1024 * 1024
_BUDGET = DocumentDecodeBudget(base_allowance=64 * _MIB, max_ratio=20)
_MAX_REVISIONS = 1000


def incremental(name: str, content: bytes) -> IncrementalPdfFileWriter:
    """A writer that appends to the document and leaves every byte of it as it is.

    Raises:
        DocumentUnreadable: broken, encrypted, with hybrid cross-reference sections (ISO 32000-1, section
            7.5.8.4: two readers may see two documents), or one that unpacks to far more than it is.
    """
    limits = DecodeLimits(document_budget=_BUDGET)
    try:
        reader = PdfFileReader(BytesIO(content), strict=True, decode_limits=limits)
        _require_plain(name, reader)
        return IncrementalPdfFileWriter.from_reader(reader)
    except BridgeError:
        raise
    except (Exception, RecursionError) as error:  # pyHanko raises many kinds on malformed input
        raise unreadable(name, error) from None


def unreadable(name: str, error: BaseException) -> DocumentUnreadable:
    """The contract's error for what pyHanko raised, whose message may hold text of the document: left out."""
    return DocumentUnreadable(f"The PDF cannot be signed: {type(error).__name__}.", document=name)


def _require_plain(name: str, reader: PdfFileReader) -> None:
    if reader.encrypted:
        raise DocumentUnreadable("The PDF is encrypted.", document=name)
    if reader.xrefs.hybrid_xrefs_present:
        raise DocumentUnreadable("The PDF has hybrid cross-reference sections.", document=name)
    if reader.xrefs.total_revisions > _MAX_REVISIONS:
        raise DocumentUnreadable("The PDF has too many revisions.", document=name)
