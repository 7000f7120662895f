"""Fuzz targets: what shows documents before they are signed, and what reads them to be signed."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from bridge.core.errors import BridgeError
from bridge.core.order import Form
from bridge.signatures import making
from bridge.ui.characters import is_hidden
from bridge.ui.preview.reading import CannotBeShown, Reading, read
from bridge.ui.preview.wire import LONGEST_SIDE, MOST_PIXELS, Line, PicturePage, TextPage
from bridge.ui.texts import Texts

_WORDS = Texts("ja")
_MOST_PAGES = 2
_WIDTH = 300
_LONGEST_LINE = 4000
_OURS = ("note", "mark")
_ASCII = re.compile("[0-9A-Za-z]")


def text(data: bytes) -> None:
    """Nothing that a person cannot see is in a line, and no letter or digit of the document is missing."""
    reading, lines = _shown("text/plain", data)
    if reading is not None and reading.sight.pages <= _MOST_PAGES:
        theirs = "".join(run.text for line in lines for run in line.runs if run.style not in _OURS)
        assert _ASCII.findall(theirs) == _ASCII.findall(data.decode())


def json(data: bytes) -> None:
    _shown("application/json", data)


def xml(data: bytes) -> None:
    """What can be shown can be signed in itself, unless it is signed already, and the other way round."""
    reading, _ = _shown("application/xml", data)
    try:
        making.check(Form(format="xades", packaging="enveloped"), "d.xml", data)
    except BridgeError as error:
        assert reading is None or error.reason == "unsupportedFormat" and "signed" in reading.sight.cautions


def pdf(data: bytes) -> None:
    _shown("application/pdf", data)


def picture(data: bytes) -> None:
    _shown("image/png" if data[1:4] == b"PNG" else "image/jpeg", data)


def signed_pdf(data: bytes) -> None:
    """pyHanko, as the signing process calls it: errors of the contract and no others."""
    try:
        making.check(Form(format="pades", packaging=None), "d.pdf", data)
    except BridgeError as error:
        assert error.reason in ("documentUnreadable", "unsupportedFormat")


def _shown(media_type: str, data: bytes) -> tuple[Reading | None, list[Line]]:
    """What is read, and the lines of its first pages; None where it cannot be shown."""
    try:
        reading = read(media_type, data, _WORDS)
    except CannotBeShown as error:
        assert data[:8] not in str(error).encode() or len(data) < 8, "no text of the document in the message"
        return None, []
    assert reading.sight.digest == hashlib.sha256(data).hexdigest()
    lines: list[Line] = []
    for number in range(min(_MOST_PAGES, reading.sight.pages)):
        try:
            page = reading.page(number, _WIDTH)
        except CannotBeShown:
            assert reading.sight.kind == "picture", "text that could be read can be shown"
            continue
        assert page.digest == reading.sight.digest
        if isinstance(page, PicturePage):
            _can_be_drawn(page)
        else:
            lines += _can_be_read(page)
    reading.close()
    return reading, lines


def _can_be_drawn(page: PicturePage) -> None:
    assert len(page.pixels) == page.width * page.height * 3
    assert 0 < page.width * page.height <= MOST_PIXELS and max(page.width, page.height) <= LONGEST_SIDE


def _can_be_read(page: TextPage) -> tuple[Line, ...]:
    for line in page.lines:
        assert sum(len(run.text) for run in line.runs) <= _LONGEST_LINE
        for run in line.runs:
            marks = 0
            for character in run.text:
                marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
                assert character == "\t" or not is_hidden(character, marks), hex(ord(character))
    return page.lines
