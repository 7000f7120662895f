"""From a document's bytes to what a person is shown of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import get_args

from bridge.core.document import is_json, is_xml
from bridge.core.errors import BridgeError
from bridge.ui.preview.layout import Words, Writer
from bridge.ui.preview.wire import (
    Caution,
    Kind,
    Line,
    Page,
    PicturePage,
    Sight,
    TextPage,
    decode_lines,
    encode_lines,
)

LINES_A_PAGE = 1000
_MOST_WIDTH = 6000
_ZIP_END, _ZIP_END_BYTES = b"PK\x05\x06", 22
_LONGEST_COMMENT = 65535
_PICTURES = ("image/png", "image/jpeg")
_SOURCES = ("text/html", "text/css", "text/javascript", "text/rtf")
_ORDER: tuple[Caution, ...] = get_args(Caution)
_Layout = Callable[[bytes, Writer], Iterator[Line]]


class CannotBeShown(Exception):
    """A document of a kind that can be shown, but not this one. The message holds no text of it."""


class _Book:
    """The pages of one text, laid out as they are turned, and kept in little room."""

    def __init__(self) -> None:
        self.close()

    def close(self) -> None:
        self._lines: Iterator[Line] | None = None
        self._pages: list[bytes] = []

    def page(self, number: int, begin: Callable[[], Iterator[Line]]) -> tuple[Line, ...]:
        if self._lines is None:
            self._lines = begin()
        while len(self._pages) <= number:
            self._pages.append(encode_lines(tuple(islice(self._lines, LINES_A_PAGE))))
        lines: tuple[Line, ...] = decode_lines(self._pages[number])
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document's bytes and all that is shown of them; made by `read`.

    `sight.digest` is of the very bytes that `page` draws.
    """

    media_type: str
    content: bytes | None
    sight: Sight
    words: Words
    _book: _Book = field(init=False, repr=False, compare=False, default_factory=lambda: _Book())

    def page(self, number: int, width: int) -> Page:
        """One page; a picture `width` pixels wide.

        Raises:
            CannotBeShown
        """
        if not 0 <= number < self.sight.pages:
            raise CannotBeShown("There is no such page.")
        content = b"" if self.content is None else self.content
        if self.content is not None and hashlib.sha256(content).hexdigest() != self.sight.digest:
            raise CannotBeShown("The document has changed.")
        try:
            return self._page(content, number, min(max(1, width), _MOST_WIDTH))
        except Exception as error:  # the decoders raise many kinds on malformed input
            raise CannotBeShown(type(error).__name__) from None

    def close(self) -> None:
        """Forget what has been laid out."""
        self._book.close()

    def _page(self, content: bytes, number: int, width: int) -> Page:
        digest = self.sight.digest
        if self.sight.kind == "picture":
            wide, high, pixels = self._drawn(content, number, width)
            return PicturePage(digest=digest, width=wide, height=high, pixels=pixels)
        layout = _layout(self.media_type) if self.sight.kind == "text" else None
        lines = self._book.page(number, lambda: (layout or self._facts)(content, Writer(self.words)))
        return TextPage(digest=digest, lines=lines)

    def _drawn(self, content: bytes, number: int, width: int) -> tuple[int, int, bytes]:
        if self.media_type in _PICTURES:
            from bridge.ui.preview import picture

            return picture.draw(picture.read(self.media_type, content)[0], width)
        from bridge.ui.preview import pdf

        pages = pdf.Pages(content)
        try:
            return pages.draw(number, width)
        finally:
            pages.close()

    def _facts(self, _: bytes, writer: Writer) -> Iterator[Line]:
        """What can be said of a document that cannot be shown."""
        yield from writer.lines(0, self.media_type, name=self.words("doc_type"))
        yield from writer.lines(
            0, self.words("bytes", size=self.sight.size_bytes), name=self.words("doc_size")
        )
        yield from writer.lines(0, self.sight.digest, name="SHA-256")


def read(media_type: str, content: bytes, words: Words) -> Reading:
    """What a person is shown of the document.

    Args:
        media_type: lowercase, without parameters.

    Raises:
        CannotBeShown: it is not what its media type says.
    """
    try:
        kind, pages, found = _seen(media_type, content, words)
    except Exception as error:  # the decoders raise many kinds on malformed input
        detail = error.detail if isinstance(error, BridgeError) else type(error).__name__
        raise CannotBeShown(f"Not readable as {media_type}: {detail}") from None
    sight = Sight(
        digest=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        kind=kind,
        pages=pages,
        cautions=tuple(code for code in _ORDER if code in found),
    )
    return Reading(media_type=media_type, content=content, sight=sight, words=words)


def absent(media_type: str, size_bytes: int, digest: str, words: Words) -> Reading:
    """What is shown of a document whose bytes are not here."""
    sight = Sight(digest=digest, size_bytes=size_bytes, kind="absent", pages=1, cautions=())
    return Reading(media_type=media_type, content=None, sight=sight, words=words)


def _seen(media_type: str, content: bytes, words: Words) -> tuple[Kind, int, set[Caution]]:
    layout = _layout(media_type)
    if layout is not None:
        writer = Writer(words)
        count = sum(1 for _ in layout(content, writer))
        if media_type in _SOURCES:
            writer.found.add("source")
        return "text", max(1, -(-count // LINES_A_PAGE)), writer.found
    if media_type in _PICTURES:
        from bridge.ui.preview import picture

        _refuse_archive(content)
        return "picture", 1, picture.read(media_type, content)[1]
    if media_type == "application/pdf":
        from bridge.ui.preview import pdf

        _refuse_archive(content)
        pages = pdf.Pages(content)
        try:
            return "picture", pages.count, pages.cautions()
        finally:
            pages.close()
    return "none", 1, set()


def _layout(media_type: str) -> _Layout | None:
    """How documents of this type become lines; None where they do not."""
    if is_xml(media_type):
        from bridge.ui.preview import xmltext

        return xmltext.lines
    if is_json(media_type):
        from bridge.ui.preview import jsontext

        return jsontext.lines
    if media_type.startswith("text/"):
        from bridge.ui.preview import plain

        return plain.lines
    return None


def _refuse_archive(content: bytes) -> None:
    """A document that is a ZIP archive as well would be another one to another program.

    Raises:
        ValueError
    """
    at = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_END_BYTES - _LONGEST_COMMENT))
    if at >= 0 and at + _ZIP_END_BYTES <= len(content):
        comment = int.from_bytes(content[at + 20 : at + 22], "little")
        if at + _ZIP_END_BYTES + comment <= len(content):
            raise ValueError("an archive")
