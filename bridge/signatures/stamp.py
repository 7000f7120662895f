"""The visible stamp of a PAdES signature: who, and when, in a corner of one page.

It has a frame and no ground: what lies below stays readable.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils.content import AppearanceContent, ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStampStyle

from bridge.core.certificate import CertificateFacts
from bridge.core.order import FontFile, Stamp
from bridge.signatures.font import Courier, CutFont, StampFont, UnusableFont

_WIDTH, _LINE, _PADDING, _MARGIN = 190.0, 12.0, 6.0, 18.0
_LARGEST, _SMALLEST = 9.0, 5.0
MAX_LINES = 4
_COLOUR = b"0.7 0.1 0.1"
_MAX_DEPTH = 64
_HEADINGS = ("電子署名", "Digitally signed")


class PageUnknown(ValueError):
    """The document has no such page, or the page no usable size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stamp goes: `rectangle` in the page's default space, points; `turn` is the page's /Rotate."""

    page: int
    rectangle: tuple[int, int, int, int]
    turn: int


def lines_of(facts: CertificateFacts, signing_time: datetime) -> tuple[str, ...]:
    """The stamp's lines: a heading, organisation and name of the subject, the PC's time of day."""
    names = (facts.subject.get("organization", ""), facts.subject.get("commonName", ""))
    time = signing_time.astimezone()
    offset = time.strftime("%z")
    return (
        _HEADINGS[0],
        *dict.fromkeys(visible for name in names if (visible := _visible(name))),
        f"{time:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}",
    )


def _visible(text: str) -> str:
    """On one line, without characters that are not seen or that turn the direction."""
    spaced = "".join(" " if each.isspace() else each for each in text)
    return " ".join("".join(each for each in spaced if unicodedata.category(each)[0] != "C").split())


def fonts_for(lines: Iterable[str], files: Iterable[FontFile]) -> StampFont:
    """The first usable font that has every character, else the first usable one, else Courier."""
    text, first = "".join(lines), None
    for file in files:
        try:
            font = CutFont(file, text)
        except UnusableFont:
            continue
        if all(map(font.has, text)):
            return font
        first = first or font
    return first or Courier()


def showable(lines: Sequence[str], font: StampFont) -> tuple[str, ...]:
    """The lines as `font` can show them.

    Without a Japanese font a name is not shown in part: the stamp then says where it is to be found.
    """
    if not isinstance(font, Courier):
        return tuple(lines)
    names = [line for line in lines[1:-1] if all(map(font.has, line))]
    return (_HEADINGS[1], *(names or ["(name: see the signature)"]), lines[-1])


def place_of(writer: IncrementalPdfFileWriter, stamp: Stamp, line_count: int) -> Place:
    """Where the stamp goes on its page as it is seen, turned pages included.

    Raises:
        PageUnknown
    """
    index = stamp.page if stamp.page < 0 else stamp.page - 1
    try:
        find: Any = writer.find_page_for_modification
        page = find(index)[0].get_object()
    except Exception as error:  # pyHanko raises many kinds on malformed page trees
        raise PageUnknown(type(error).__name__) from None
    left, bottom, right, top = _page_box(page)
    turn = int(_inherited(page, "/Rotate") or 0) % 360
    width, height = _WIDTH, _LINE * line_count + 2 * _PADDING
    if turn % 180:
        width, height = height, width
    if right - left < width + 2 * _MARGIN or top - bottom < height + 2 * _MARGIN:
        raise PageUnknown("too small for a stamp")
    at_right, at_top = _seen_corner(stamp.corner, turn)
    x = right - _MARGIN - width if at_right else left + _MARGIN
    y = top - _MARGIN - height if at_top else bottom + _MARGIN
    return Place(page=index, rectangle=(round(x), round(y), round(x + width), round(y + height)), turn=turn)


def _seen_corner(corner: str, turn: int) -> tuple[bool, bool]:
    """(right, top) in the page's own space, of a corner of the page that is seen `turn` degrees clockwise."""
    around = ["topLeft", "topRight", "bottomRight", "bottomLeft"]
    own = around[(around.index(corner) - turn // 90) % 4]
    return own.endswith("Right"), own.startswith("top")


def _page_box(page: Any) -> tuple[float, float, float, float]:
    values = _inherited(page, "/CropBox") or _inherited(page, "/MediaBox")
    try:
        x1, y1, x2, y2 = (float(value) for value in values)
    except (TypeError, ValueError):
        raise PageUnknown("no page size") from None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _inherited(page: Any, key: str) -> Any:
    """ISO 32000-1, section 7.7.3.4."""
    node = page
    for _ in range(_MAX_DEPTH):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return None


@dataclass(frozen=True)
class StampStyle(BaseStampStyle):
    """What pyHanko makes the field's appearance with."""

    lines: tuple[str, ...] = ()
    font: StampFont | None = None
    turn: int = 0

    def create_stamp(
        self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, Any]
    ) -> Any:
        return _Appearance(writer, box, self)


class _Appearance(AppearanceContent):
    def __init__(self, writer: BasePdfFileWriter, box: BoxConstraints, style: StampStyle) -> None:
        super().__init__(writer, box)
        self._style = style

    def render(self) -> bytes:
        style, font = self._style, self._style.font or Courier()
        self.set_resource(ResourceType.FONT, pdf_name("/Stamp"), font.embed(self._ensure_writer))
        width, height = float(self.box.width), float(self.box.height)
        if style.turn % 180:
            width, height = height, width
        parts = [b"q", _upright(style.turn, float(self.box.width), float(self.box.height))]
        parts.append(_COLOUR + b" RG " + _COLOUR + b" rg 0.8 w")
        parts.append(b"0.4 0.4 %g %g re S BT" % (width - 0.8, height - 0.8))
        for number, line in enumerate(style.lines):
            size, text = fitted(font, line, width - 2 * _PADDING)
            baseline = height - _PADDING - _LINE * (number + 1) + 3
            parts.append(b"/Stamp %g Tf 1 0 0 1 %g %g Tm" % (size, _PADDING, baseline))
            parts.append(font.operand(text) + b" Tj")
        parts.append(b"ET Q")
        return b"\n".join(parts)


def fitted(font: StampFont, line: str, width: float) -> tuple[float, str]:
    """Font size in points and the text, cut off where even the smallest size is too wide."""
    while font.width(line) * _SMALLEST / 1000 > width:
        line = line[:-1]
    return min(_LARGEST, width * 1000 / max(font.width(line), 1.0)), line


def _upright(turn: int, width: float, height: float) -> bytes:
    """The matrix that makes text upright on a page that is seen `turn` degrees clockwise."""
    matrices = {
        90: (0, 1, -1, 0, width, 0),
        180: (-1, 0, 0, -1, width, height),
        270: (0, -1, 1, 0, 0, height),
    }
    return b"%g %g %g %g %g %g cm" % matrices.get(turn, (1, 0, 0, 1, 0, 0))
