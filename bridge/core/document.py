"""A signer's document (ETSI EN 319 102-1, section 4.2.2): its name, its media type, its bytes."""

from __future__ import annotations

import codecs
import hashlib
import json
import unicodedata
from dataclasses import dataclass

from bridge.core.errors import DocumentUnreadable
from bridge.core.upload import Upload

_MAGIC = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "application/zip": b"PK",
}
_NOT_IN_NAMES = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerDocument:
    """`media_type` is lowercase without parameters; `digest` is SHA-256 of the document, lowercase hex.

    Of an uploaded document the bytes were hashed and not kept: `content` is None.
    """

    name: str
    media_type: str
    content: bytes | None
    size_bytes: int
    digest: str


def read_document(name: str, media_type: str, content: bytes) -> SignerDocument:
    """The document, if its content does not contradict its media type.

    Raises:
        DocumentUnreadable: data `document` is the name.
    """
    kind = _kind(name, media_type)
    if kind.startswith("text/") or kind == "application/json":
        _check_text(name, kind, content)
    if not content.startswith(_MAGIC.get(kind, b"")):
        raise DocumentUnreadable(f"The content is not {kind}.", document=name)
    return SignerDocument(
        name=name,
        media_type=kind,
        content=content,
        size_bytes=len(content),
        digest=hashlib.sha256(content).hexdigest(),
    )


def uploaded_document(name: str, media_type: str, upload: Upload) -> SignerDocument:
    """The document that has come as `upload`, if its beginning does not contradict its media type.

    Raises:
        DocumentUnreadable: data `document` is the name.
    """
    kind = _kind(name, media_type)
    if not upload.head.startswith(_MAGIC.get(kind, b"")):
        raise DocumentUnreadable(f"The content is not {kind}.", document=name)
    if kind.startswith("text/") or kind == "application/json":
        _check_beginning(name, kind, upload.head, is_all=upload.size_bytes == len(upload.head))
    return SignerDocument(
        name=name, media_type=kind, content=None, size_bytes=upload.size_bytes, digest=upload.sha256
    )


def _kind(name: str, media_type: str) -> str:
    if any(unicodedata.category(character) in _NOT_IN_NAMES or character in "/\\" for character in name):
        raise DocumentUnreadable("The document's name has characters that cannot be shown.", document="")
    return media_type.partition(";")[0].strip().lower()


def _check_beginning(name: str, kind: str, head: bytes, *, is_all: bool) -> None:
    """Text in UTF-8, of which the last character may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, is_all)
    except UnicodeDecodeError:
        raise DocumentUnreadable(f"The content is not {kind} in UTF-8.", document=name) from None
    if "\0" in text:
        raise DocumentUnreadable("The text holds NUL characters.", document=name)


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python takes for JSON and RFC 8259 does not."""
    raise ValueError(constant)


def _check_text(name: str, kind: str, content: bytes) -> None:
    try:
        text = content.decode("utf-8")
        if kind == "application/json":
            json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise DocumentUnreadable(f"The content is not {kind} in UTF-8.", document=name) from None
    if "\0" in text:
        raise DocumentUnreadable("The text holds NUL characters.", document=name)
