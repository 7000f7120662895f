"""The visible stamp: where it is, what it says, whose font it says it in. Poppler looks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageChops

from bridge import fonts
from bridge.core import certificate
from bridge.core.algorithms import ALGORITHMS
from bridge.core.order import Corner, FontFile, Stamp
from bridge.signatures.font import Courier, CutFont, UnusableFont
from bridge.signatures.making import make
from bridge.signatures.stamp import fitted, fonts_for, lines_of, showable
from tests.unit.signatures import pdfs
from tests.unit.signatures.hand import (
    HOLDER,
    NOW,
    Hand,
    Identity,
    authority,
    identity,
    make_key,
    order_of,
    pades,
)
from tests.unit.signatures.pdfverifiers import pdfsig_accepts, pyhanko_accepts

JAPANESE = list(fonts.japanese())
LINES = ("電子署名", HOLDER, "2026-11-25 12:00 +09:00")


async def stamped(
    stamp: Stamp, files: Iterable[FontFile], content: bytes | None = None, signer: Identity | None = None
) -> bytes:
    signer = signer or identity("p256")
    form = pades(stamp=stamp)
    document = pdfs.plain() if content is None else content
    order = order_of(document, signer, "ES256", form, name="a.pdf", media_type="application/pdf")
    return await make(order, Hand(signer.key, ALGORITHMS["ES256"]), None, files)


def text_of(folder: Path, document: bytes, *options: str) -> str:
    path = folder / "read.pdf"
    path.write_bytes(document)
    command = ["pdftotext", *options, str(path), "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def embedded_fonts(folder: Path, document: bytes) -> list[str]:
    path = folder / "read.pdf"
    path.write_bytes(document)
    done = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[2:]


@pytest.fixture
def tiny(tmp_path: Path) -> FontFile:
    return make_font(tmp_path / "tiny.ttf", "電子署名" + HOLDER + "0123456789-:+ 〓")


def make_font(path: Path, characters: str, *, rights: int = 0) -> FontFile:
    """A TrueType font whose every character is a box; `rights` is OS/2 fsType."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in ((900, 0), (900, 800), (100, 800)):
        pen.lineTo(point)
    pen.closePath()
    names = {ord(each): f"u{ord(each):04X}" for each in dict.fromkeys(characters)}
    glyphs = [".notdef", *names.values()]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Tiny", "styleName": "Regular", "psName": "Tiny-Regular"})
    builder.setupOS2(fsType=rights)
    builder.setupPost()
    builder.save(path)
    return FontFile(path=str(path))


async def test_a_font_of_this_machine(tmp_path: Path) -> None:
    """Debian's Noto Sans CJK: a CFF font in a collection; only what is used of it comes along."""
    assert JAPANESE, "fonts-noto-cjk is among the packages that the tests need"
    document = await stamped(Stamp(), JAPANESE)
    text = text_of(tmp_path, document)
    assert "電子署名" in text and HOLDER in text and NOW.astimezone().strftime("%Y-%m-%d %H:%M") in text
    (font,) = [line for line in embedded_fonts(tmp_path, document) if "CRDBRG+" in line]
    assert "CID Type 0C" in font and " yes yes yes " in font
    assert len(document) < 40_000
    assert pdfsig_accepts(tmp_path, document)
    assert await pyhanko_accepts(identity("p256"), document)


async def test_a_truetype_font(tmp_path: Path, tiny: FontFile) -> None:
    document = await stamped(Stamp(), [tiny])
    assert HOLDER in text_of(tmp_path, document)
    (font,) = [line for line in embedded_fonts(tmp_path, document) if "CRDBRG+" in line]
    assert "CRDBRG+TinyRegular" in font and "CID TrueType" in font and " yes yes yes " in font
    assert pdfsig_accepts(tmp_path, document)
    assert await pyhanko_accepts(identity("p256"), document)


async def test_without_a_font_ascii_only(tmp_path: Path) -> None:
    """The name is not shown in part or wrongly: the stamp says where it stands."""
    document = await stamped(Stamp(), [])
    text = text_of(tmp_path, document)
    assert "Digitally signed" in text and "(name: see the signature)" in text
    assert NOW.astimezone().strftime("%Y-%m-%d %H:%M") in text
    assert HOLDER not in text and "?" not in text
    assert not any("CRDBRG+" in line for line in embedded_fonts(tmp_path, document))
    assert pdfsig_accepts(tmp_path, document)


async def test_without_a_font_a_name_in_ascii_is_shown(tmp_path: Path) -> None:
    signer = authority().issue(make_key("p256"), "Mihon Kensetsu K.K.")
    document = await stamped(Stamp(), [], signer=signer)
    assert "Mihon Kensetsu K.K." in text_of(tmp_path, document)


@pytest.mark.parametrize(
    ("rights", "is_usable"),
    [(0x0000, True), (0x0004, True), (0x0008, True), (0x0002, False), (0x0100, False), (0x0200, False)],
)
def test_embedding_rights(tmp_path: Path, rights: int, is_usable: bool) -> None:
    """OpenType, OS/2 fsType: installable, print and editable may; restricted, no subsetting may not."""
    file = make_font(tmp_path / "font.ttf", "".join(LINES), rights=rights)
    if is_usable:
        assert all(map(CutFont(file, "".join(LINES)).has, "".join(LINES)))
    else:
        with pytest.raises(UnusableFont):
            CutFont(file, "".join(LINES))
        assert isinstance(fonts_for(LINES, [file]), Courier)


@pytest.mark.parametrize("content", [b"", b"no font", b"\0\1\0\0" + bytes(1000), b"ttcf" + bytes(100)])
def test_broken_font(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.ttf"
    path.write_bytes(content)
    assert isinstance(fonts_for(LINES, [FontFile(path=str(path))]), Courier)
    assert isinstance(fonts_for(LINES, [FontFile(path=str(tmp_path / "none.ttf"))]), Courier)


def test_the_font_that_has_every_character(tmp_path: Path) -> None:
    """A rare character of a name: the first font that has it; the geta mark where none does."""
    common = make_font(tmp_path / "a.ttf", "電子署名高0123456789-: +〓")
    rare = make_font(tmp_path / "b.ttf", "電子署名髙0123456789-: +〓")
    lines = ("電子署名", "髙", "2026-11-25")
    assert fonts_for(lines, [common, rare]).has("髙")
    only = fonts_for(lines, [common])
    assert not only.has("髙")
    assert only.operand("髙") == only.operand("〓")
    assert showable(lines, only) == lines


def facts(name: str) -> certificate.CertificateFacts:
    return certificate.read(authority().issue(make_key("p256"), name).der)


def test_lines() -> None:
    time = datetime(2026, 11, 25, 3, 4, tzinfo=UTC)
    heading, name, date = lines_of(facts(HOLDER), time)
    assert (heading, name) == ("電子署名", HOLDER)
    assert date == time.astimezone().strftime("%Y-%m-%d %H:%M ") + date[-6:]
    assert date[-6] in "+-" and date[-3] == ":"


def test_a_name_cannot_disguise_itself() -> None:
    """No line breaks, no turned direction, nothing unseen."""
    disguised = "見本\u202e商店\u200b\n電子署名  太郎\t"
    assert lines_of(facts(disguised), NOW)[1] == "見本商店 電子署名 太郎"


async def test_a_long_name_fits(tmp_path: Path, tiny: FontFile) -> None:
    signer = authority().issue(make_key("p256"), "見" * 21)
    document = await stamped(Stamp(), [tiny], signer=signer)
    assert "見" * 21 in text_of(tmp_path, document)
    words = [line for line in text_of(tmp_path, document, "-bbox").splitlines() if "<word" in line]
    edges = [float(word.split('xMax="')[1].split('"')[0]) for word in words]
    assert 500 < max(edges) <= 595 - 18


def test_a_name_that_cannot_fit_is_cut_off(tmp_path: Path) -> None:
    font = CutFont(make_font(tmp_path / "a.ttf", "見〓"), "見")
    size, text = fitted(font, "見" * 500, 178)
    assert 5.0 <= size < 5.2
    assert text == "見" * 35


CORNERS: list[Corner] = ["topLeft", "topRight", "bottomLeft", "bottomRight"]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize("corner", CORNERS)
async def test_the_corner_is_the_seen_one(
    tmp_path: Path, tiny: FontFile, corner: Corner, rotate: int
) -> None:
    """On a turned page too: the stamp lies as it is read, in that corner of the page as it is seen."""
    document = await stamped(Stamp(page=2, corner=corner), [tiny], pdfs.pages(3, rotate=rotate))
    picture = seen(tmp_path, document, page=2, dpi=36)
    left, top, right, bottom = red_part(picture)
    assert (picture.width > picture.height) == (rotate % 180 != 0)
    assert right - left > bottom - top
    assert (right > picture.width * 0.9) == corner.endswith("Right")
    assert (left < picture.width * 0.1) == corner.endswith("Left")
    assert (top < picture.height * 0.1) == corner.startswith("top")
    assert (bottom > picture.height * 0.9) == corner.startswith("bottom")


def seen(folder: Path, document: bytes, *, page: int, dpi: int) -> Image.Image:
    """A page as Poppler paints it."""
    path, picture = folder / "seen.pdf", folder / "seen.png"
    path.write_bytes(document)
    command = ["pdftoppm", "-r", str(dpi), "-f", str(page), "-singlefile", "-png", str(path)]
    subprocess.run([*command, str(picture.with_suffix(""))], check=True, capture_output=True)
    with Image.open(picture) as image:
        return image.convert("RGB")


def red_part(picture: Image.Image) -> tuple[int, int, int, int]:
    """The rectangle around what is red."""
    red, green, blue = picture.split()
    mask = ImageChops.subtract(red, ImageChops.lighter(green, blue)).point(lambda value: value > 60 and 255)
    box = mask.getbbox()
    assert box is not None
    return box


async def test_what_lies_below_stays_readable(tmp_path: Path, tiny: FontFile) -> None:
    """No ground is painted: a stamp cannot hide what the user saw in the window."""
    below = {4: pdfs.stream(b"BT /F1 9 Tf 480 788 Td (amount 1000000) Tj ET")}
    spot = (480, 842 - 800, 560, 842 - 786)
    document = await stamped(Stamp(), [tiny], pdfs.plain(below))
    plain = seen(tmp_path, pdfs.plain(below), page=1, dpi=72).crop(spot).convert("L")
    with_stamp = seen(tmp_path, document, page=1, dpi=72).crop(spot).convert("L")
    text = plain.point(lambda value: value < 128 and 255)
    painted_over = with_stamp.point(lambda value: value > 200 and 255)
    assert text.getbbox() is not None
    assert ImageChops.multiply(text, painted_over).getbbox() is None
