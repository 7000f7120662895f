"""The few characters of a stamp, cut out of a font of this machine and embedded (ISO 32000-1, section 9.7).

Without a font that may be embedded there is Courier, which every PDF reader has, and ASCII only.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Protocol

from fontTools import subset
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from bridge.core.order import FontFile

_MISSING = "〓"  # what Japanese printers set where they lack a character
_RESTRICTED, _NO_SUBSETTING, _BITMAP_ONLY = 0x0002, 0x0100, 0x0200
_SUBSET_TAG = "CRDBRG+"


def pdf(value: Any) -> Any:
    """A Python value as a PDF object: text that begins with a slash is a name."""
    make: Any = generic
    if isinstance(value, dict):
        return make.DictionaryObject({make.pdf_name(key): pdf(each) for key, each in value.items()})
    if isinstance(value, list):
        return make.ArrayObject(map(pdf, value))
    if isinstance(value, int):
        return make.NumberObject(value)
    if isinstance(value, str):
        return make.pdf_name(value) if value.startswith("/") else make.TextStringObject(value)
    return value


def _stream(data: bytes, **entries: Any) -> Any:
    stream: Any = generic.StreamObject(
        pdf({f"/{key}": each for key, each in entries.items()}), stream_data=data
    )
    stream.compress()
    return stream


class UnusableFont(Exception):
    """The font cannot or may not be embedded."""


class StampFont(Protocol):
    def has(self, character: str) -> bool:
        """Whether the stamp can show this character."""

    def width(self, text: str) -> float:
        """In thousandths of the font size."""

    def operand(self, text: str) -> bytes:
        """`text` as the operand of Tj."""

    def embed(self, writer: BasePdfFileWriter) -> Any:
        """The font's dictionary, in the document."""


class Courier:
    """One of the fourteen standard fonts (ISO 32000-1, section 9.6.2.2); ASCII only."""

    def has(self, character: str) -> bool:
        return " " <= character <= "~"

    def width(self, text: str) -> float:
        return 600.0 * len(text)

    def operand(self, text: str) -> bytes:
        return b"<" + _ascii(text).hex().encode() + b">"

    def embed(self, writer: BasePdfFileWriter) -> Any:
        return writer.add_object(
            pdf(
                {
                    "/Type": "/Font",
                    "/Subtype": "/Type1",
                    "/BaseFont": "/Courier",
                    "/Encoding": "/WinAnsiEncoding",
                }
            )
        )


def _ascii(text: str) -> bytes:
    return "".join(character if " " <= character <= "~" else "?" for character in text).encode()


class CutFont:
    """The characters of `text` out of `file`.

    Raises:
        UnusableFont: unreadable, variable, or its OS/2 table's fsType forbids embedding or cutting.
    """

    def __init__(self, file: FontFile, text: str) -> None:
        try:
            self._font = TTFont(file.path, fontNumber=file.face, lazy=True)
            self._require_usable()
            self._cut(text + _MISSING)
        except UnusableFont:
            raise
        except Exception as error:  # fontTools raises many kinds on malformed fonts
            raise UnusableFont(type(error).__name__) from None

    def _require_usable(self) -> None:
        rights = self._font["OS/2"].fsType
        if rights & 0x000F == _RESTRICTED or rights & (_NO_SUBSETTING | _BITMAP_ONLY):
            raise UnusableFont("its maker does not allow it")
        if "fvar" in self._font or not {"glyf", "CFF "} & set(self._font.keys()):
            raise UnusableFont("not TrueType or CFF outlines")

    def _cut(self, text: str) -> None:
        options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, glyph_names=False)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes={ord(character) for character in text})
        cutter.subset(self._font)
        self._names: dict[int, str] = self._font.getBestCmap()
        self._em: int = self._font["head"].unitsPerEm

    def has(self, character: str) -> bool:
        return ord(character) in self._names

    def width(self, text: str) -> float:
        return sum(self._advance(self._glyph(character)) for character in text)

    def operand(self, text: str) -> bytes:
        return b"<" + b"".join(b"%04x" % self._cid(self._glyph(each)) for each in text) + b">"

    def _glyph(self, character: str) -> str:
        return self._names.get(ord(character)) or self._names.get(ord(_MISSING), ".notdef")

    def _advance(self, glyph: str) -> float:
        return float(self._font["hmtx"][glyph][0]) * 1000 / self._em

    def _cid(self, glyph: str) -> int:
        """In a CID-keyed CFF font a glyph's name is its CID; else CIDs are the glyphs' numbers."""
        return int(glyph[3:]) if self._is_cid_keyed and glyph != ".notdef" else self._font.getGlyphID(glyph)

    @property
    def _is_cid_keyed(self) -> bool:
        return "CFF " in self._font and hasattr(self._font["CFF "].cff.topDictIndex[0], "ROS")

    @property
    def _is_truetype(self) -> bool:
        return "glyf" in self._font

    def embed(self, writer: BasePdfFileWriter) -> Any:
        name = f"/{_SUBSET_TAG}{_postscript_name(self._font)}"
        descendant = {
            "/Type": "/Font",
            "/Subtype": "/CIDFontType2" if self._is_truetype else "/CIDFontType0",
            "/BaseFont": name,
            "/CIDSystemInfo": self._system_info(),
            "/FontDescriptor": writer.add_object(pdf(self._descriptor(writer, name))),
            "/W": self._widths(),
        }
        if self._is_truetype:
            descendant["/CIDToGIDMap"] = "/Identity"
        type0 = {
            "/Type": "/Font",
            "/Subtype": "/Type0",
            "/BaseFont": name,
            "/Encoding": "/Identity-H",
            "/DescendantFonts": [writer.add_object(pdf(descendant))],
            "/ToUnicode": writer.add_object(self._to_unicode()),
        }
        return writer.add_object(pdf(type0))

    def _system_info(self) -> dict[str, Any]:
        registry, ordering, supplement = "Adobe", "Identity", 0
        if self._is_cid_keyed:
            registry, ordering, supplement = self._font["CFF "].cff.topDictIndex[0].ROS
        return {"/Registry": registry, "/Ordering": ordering, "/Supplement": supplement}

    def _descriptor(self, writer: BasePdfFileWriter, name: str) -> dict[str, Any]:
        head, hhea = self._font["head"], self._font["hhea"]
        key, program = self._program()
        return {
            "/Type": "/FontDescriptor",
            "/FontName": name,
            "/Flags": 4,  # symbolic: outside the Latin character set
            "/FontBBox": [self._scaled(edge) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)],
            "/ItalicAngle": 0,
            "/Ascent": self._scaled(hhea.ascent),
            "/Descent": self._scaled(hhea.descent),
            "/CapHeight": self._scaled(hhea.ascent),
            "/StemV": 80,
            key: writer.add_object(program),
        }

    def _scaled(self, units: int) -> int:
        return round(units * 1000 / self._em)

    def _program(self) -> tuple[str, Any]:
        if not self._is_truetype:
            return "/FontFile3", _stream(self._font.getTableData("CFF "), Subtype="/CIDFontType0C")
        buffer = BytesIO()
        self._font.save(buffer)
        return "/FontFile2", _stream(buffer.getvalue(), Length1=buffer.tell())

    def _widths(self) -> list[Any]:
        widths: list[Any] = []
        for glyph in sorted(set(self._names.values()), key=self._cid):
            widths += [self._cid(glyph), [round(self._advance(glyph))]]
        return widths

    def _to_unicode(self) -> Any:
        """ISO 32000-1, section 9.10.3: what a reader copies out of the stamp."""
        pairs = sorted((self._cid(glyph), chr(code)) for code, glyph in self._names.items())
        lines = [f"<{cid:04x}> <{text.encode('utf-16-be').hex()}>" for cid, text in pairs]
        blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return _stream(_CMAP.replace("BODY", body).encode())


_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
BODY
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def _postscript_name(font: TTFont) -> str:
    name = font["name"].getDebugName(6) or "Font"
    return "".join(character for character in name if character.isascii() and character.isalnum()) or "Font"
