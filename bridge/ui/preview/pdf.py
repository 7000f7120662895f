"""PDF pages, drawn by PDFium: no script runs, nothing is fetched, no link is followed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from bridge.ui.preview.wire import Caution, fitting_scale

_MOST_PAGES = 100_000
_MOST_UNPACKED = 64 * 1024 * 1024
_WHITE = (255, 255, 255, 255)

_NAME = re.compile(rb"/[A-Za-z#0-9]{2,60}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_DICTIONARY_BYTES = 500
_TABLE = re.compile(rb"\s*(?:xref\b|[0-9]+\s+[0-9]+\s+obj\b)")
_PARTS: dict[bytes, Caution] = {
    b"/OCProperties": "layers",
    b"/JavaScript": "scripts",
    b"/Launch": "scripts",
    b"/SubmitForm": "scripts",
    b"/ImportData": "scripts",
    b"/RichMedia": "attachments",
    b"/EmbeddedFiles": "attachments",
    b"/EmbeddedFile": "attachments",
    b"/FileAttachment": "attachments",
    b"/Movie": "attachments",
    b"/Sound": "attachments",
    b"/3D": "attachments",
    b"/XFA": "fields",
    b"/Encrypt": "restricted",
    b"/XRefStm": "damaged",  # two tables: readers of different versions see different documents
}
"""What a page as drawn does not show, by the names of ISO 32000-1. Found wherever it stands in the file, also
in objects that are no longer in use: it is a warning."""


_FIELDS = {b"/Tx", b"/Btn", b"/Ch"}


class NotShown(ValueError):
    """PDFium cannot open the document, or draw the page."""


class Pages:
    """An open document. Its pages count from 0."""

    def __init__(self, content: bytes) -> None:
        try:
            self._document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise NotShown(str(error)) from None
        self._content = content
        self._form = pdfium.FPDF_GetFormType(self._document)
        if self._form != pdfium.FORMTYPE_NONE:
            self._document.init_forms()  # its fields are drawn; PDFium is built without any JavaScript
        self.count = len(self._document)
        if not 0 < self.count <= _MOST_PAGES:
            raise NotShown("no pages")
        self._page(0).close()

    def close(self) -> None:
        self._document.close()

    def cautions(self) -> set[Caution]:
        """What is in the document beside its pages."""
        names = set(_names(self._content))
        found: set[Caution] = {_PARTS[name] for name in names if name in _PARTS}
        if pdfium.FPDF_GetSignatureCount(self._document) > 0:
            found.add("signed")
        if pdfium.FPDFDoc_GetAttachmentCount(self._document) > 0:
            found.add("attachments")
        if pdfium.FPDFDoc_GetJavaScriptActionCount(self._document) > 0:
            found.add("scripts")
        if self._form != pdfium.FORMTYPE_NONE and names & _FIELDS:
            found.add("fields")
        if _revisions(self._content) > 1:
            found.add("revisions")
        if not _leads_to_a_table(self._content):
            found.add("damaged")
        return found

    def draw(self, number: int, width: int) -> tuple[int, int, bytes]:
        """Width, height and pixels (red, green, blue) of a page on white.

        Args:
            width: wanted; a page that is very long becomes narrower.

        Raises:
            NotShown
        """
        page = self._page(number)
        try:
            scale = _scale(page.get_width(), page.get_height(), width)
            bitmap = page.render(scale=scale, fill_color=_WHITE, rev_byteorder=True)
            return bitmap.width, bitmap.height, _rows(bitmap)
        finally:
            page.close()

    def _page(self, number: int) -> pypdfium2.PdfPage:
        try:
            return self._document[number]
        except pypdfium2.PdfiumError as error:
            raise NotShown(str(error)) from None


def _scale(page_width: float, page_height: float, width: int) -> float:
    if not (0 < page_width < 1e6 and 0 < page_height < 1e6):
        raise NotShown("the page has no size")
    return fitting_scale(page_width, page_height, width)


def _rows(bitmap: pypdfium2.PdfBitmap) -> bytes:
    """The pixels without what pads each row."""
    data = memoryview(bytes(bitmap.buffer))
    length = bitmap.width * 3
    if bitmap.stride == length:
        return bytes(data)
    return b"".join(data[at : at + length] for at in range(0, bitmap.stride * bitmap.height, bitmap.stride))


def _revisions(content: bytes) -> int:
    """How often the file was written to. A linearized one has two trailers from the start (annex F)."""
    return content.count(b"startxref") - (b"/Linearized" in content[:1024])


def _leads_to_a_table(content: bytes) -> bool:
    """Whether the last `startxref` is right (section 7.5.5); if not, readers guess, each in its own way."""
    try:
        at = int(content[content.rfind(b"startxref") + 9 :].split(maxsplit=1)[0])
    except (ValueError, IndexError):
        return False
    return at > 0 and _TABLE.match(content, at) is not None


def _names(content: bytes) -> Iterator[bytes]:
    """PDF names in the file and in its object streams, escapes undone (ISO 32000-1, section 7.3.5)."""
    for part in (content, *_object_streams(content)):
        for name in set(_NAME.findall(part)):
            yield _unescaped(name)


def _object_streams(content: bytes) -> Iterator[bytes]:
    """What the object streams hold, unpacked (section 7.5.7), as far as there is room."""
    room = _MOST_UNPACKED
    for match in _STREAM.finditer(content):
        dictionary = content[max(0, match.start() - _DICTIONARY_BYTES) : match.start()].rpartition(b" obj")[2]
        if room <= 0 or b"/ObjStm" not in _unescaped(dictionary):
            continue
        end = content.find(b"endstream", match.end())
        try:
            part = zlib.decompressobj().decompress(content[match.end() : end], room)
        except zlib.error:
            continue
        room -= len(part)
        yield part


def _unescaped(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), name)
