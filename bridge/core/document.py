"""A signer's document (ETSI EN 319 102-1, section 4.2.2): its name, its media type, its bytes.

What is checked here is cheap and reads no structure but JSON's syntax. Whoever parses a document does it in a
process of its own: `bridge.ui.preview` to show it, `bridge.signing` to sign it.
"""

from __future__ import annotations

import codecs
import hashlib
import unicodedata
from collections.abc import Sequence

import msgspec

from bridge.core.errors import DocumentUnreadable, InternalError
from bridge.core.upload import Upload

_MAGIC = {
    "application/pdf": b"%PDF-",
    "application/gzip": b"\x1f\x8b",
    "application/x-7z-compressed": b"7z\xbc\xaf\x27\x1c",
    "application/zip": b"PK",
    "image/gif": b"GIF8",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_NOT_IN_NAMES = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
_CHARSETS = ("", "utf-8", "utf8", "us-ascii")
_PIECE_BYTES = 65536
_BLANKS = b"\0\t\n\f\r "
_XML_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0", b"\0<")
"""Of UTF-8 and its kin, and of UTF-16, each with its byte order mark and without (XML 1.0, appendix F)."""
_PDF_END, _PDF_TRAILER, _TRAILER_BYTES = b"%%EOF", b"startxref", 1024
_json_syntax = msgspec.json.Decoder(msgspec.Raw)


class SignerDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`media_type` is lowercase without parameters; `digest` is SHA-256 of the document, lowercase hex.

    Of an uploaded document the bytes were hashed and not kept: `content` is None. Of bytes that are here,
    size and digest are always their own, whatever is given.
    """

    name: str
    media_type: str
    content: bytes | None
    size_bytes: int = 0
    digest: str = ""

    def __post_init__(self) -> None:
        if self.content is not None:
            msgspec.structs.force_setattr(self, "size_bytes", len(self.content))
            msgspec.structs.force_setattr(self, "digest", hashlib.sha256(self.content).hexdigest())


class ApprovedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document together with the digest that the user approved: SHA-256, lowercase hex, of what was shown.

    Made by `approved`. Its bytes are to be had only through `content`, which compares them.
    """

    document: SignerDocument
    shown_digest: str

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def media_type(self) -> str:
        return self.document.media_type

    @property
    def size_bytes(self) -> int:
        return self.document.size_bytes

    def content(self) -> bytes | None:
        """The bytes that were shown, to sign them; None of an upload.

        Raises:
            InternalError: they are others now.
        """
        content = self.document.content
        digest = self.document.digest if content is None else hashlib.sha256(content).hexdigest()
        if digest != self.shown_digest:
            raise _not_what_was_shown()
        return content


def approved(documents: Sequence[SignerDocument], digests: Sequence[str]) -> tuple[ApprovedDocument, ...]:
    """The documents, each bound to what the window says was shown of it, in the same order.

    Raises:
        InternalError: the window showed other documents, or not as many.
    """
    if len(documents) != len(digests) or not documents:
        raise _not_what_was_shown()
    pairs = tuple(
        ApprovedDocument(document=document, shown_digest=digest)
        for document, digest in zip(documents, digests, strict=True)
    )
    if any(pair.document.digest != pair.shown_digest for pair in pairs):
        raise _not_what_was_shown()
    return pairs


def _not_what_was_shown() -> InternalError:
    return InternalError("What was shown is not what was to be signed.")


def is_json(media_type: str) -> bool:
    """RFC 8259, section 11; RFC 6839, section 3.1."""
    return media_type == "application/json" or media_type.endswith("+json")


def is_xml(media_type: str) -> bool:
    """RFC 7303, sections 3 and 4.2."""
    return media_type in ("application/xml", "text/xml") or media_type.endswith("+xml")


def read_document(name: str, media_type: str, content: bytes) -> SignerDocument:
    """The document, if its content does not contradict its media type.

    Raises:
        DocumentUnreadable: data `document` is the name.
    """
    kind = _kind(name, media_type)
    is_readable = _begins_as(media_type, content, is_all=True)
    if is_json(kind):
        is_readable = is_readable and _is_json_syntax(content)
    if kind == "application/pdf":
        is_readable = is_readable and _ends_as_pdf(content)
    if not is_readable:
        raise DocumentUnreadable(f"The content is not {kind}.", document=name)
    return SignerDocument(name=name, media_type=kind, content=content)


def uploaded_document(name: str, media_type: str, upload: Upload) -> SignerDocument:
    """The document that has come as `upload`, if its beginning does not contradict its media type.

    Raises:
        DocumentUnreadable: data `document` is the name.
    """
    kind = _kind(name, media_type)
    if not _begins_as(media_type, upload.head, is_all=upload.size_bytes == len(upload.head)):
        raise DocumentUnreadable(f"The content is not {kind}.", document=name)
    return SignerDocument(
        name=name, media_type=kind, content=None, size_bytes=upload.size_bytes, digest=upload.sha256
    )


def _kind(name: str, media_type: str) -> str:
    if any(unicodedata.category(character) in _NOT_IN_NAMES or character in "/\\" for character in name):
        raise DocumentUnreadable("The document's name has characters that cannot be shown.", document="")
    return media_type.partition(";")[0].strip().lower()


def _begins_as(media_type: str, head: bytes, *, is_all: bool) -> bool:
    """Whether a document that begins with `head` may be what it is said to be."""
    kind, _, parameters = media_type.partition(";")
    kind = kind.strip().lower()
    if is_xml(kind):
        return head.lstrip(_BLANKS[1:]).startswith(_XML_STARTS)
    if is_json(kind):
        return _is_text(head, is_all=is_all)
    if kind.startswith("text/"):
        return _charset(parameters) in _CHARSETS and _is_text(head, is_all=is_all)
    return head.startswith(_magic(kind))


def _magic(kind: str) -> bytes:
    return b"PK\3\4" if kind.startswith(_OPEN_XML) else _MAGIC.get(kind, b"")


def _charset(parameters: str) -> str:
    """The parameter `charset` in lowercase; empty where there is none (RFC 2045, section 5.1)."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def _is_text(content: bytes, *, is_all: bool) -> bool:
    """UTF-8 without NUL; the last character may be cut off unless it is all there is.

    Decoded piece by piece: as one text it would take four times its size.
    """
    if b"\0" in content:
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _PIECE_BYTES):
            decoder.decode(content[start : start + _PIECE_BYTES])
        decoder.decode(b"", final=is_all)
    except UnicodeDecodeError:
        return False
    return True


def _is_json_syntax(content: bytes) -> bool:
    """Nothing is built: thirty million brackets would become a gigabyte of lists."""
    try:
        _json_syntax.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _ends_as_pdf(content: bytes) -> bool:
    """A trailer (ISO 32000-1, section 7.5.5) ends the file: readers differ on what stands behind it."""
    end = content.rfind(_PDF_END)
    if end < 0 or content[end + len(_PDF_END) :].strip(_BLANKS):
        return False
    return content.rfind(_PDF_TRAILER, max(0, end - _TRAILER_BYTES), end) >= 0
