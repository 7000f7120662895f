"""From bytes to lines and pictures: what a person reads of each kind of document."""

from __future__ import annotations

import dataclasses
import hashlib
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from bridge.ui.preview.reading import LINES_A_PAGE, CannotBeShown, Reading, absent, read
from bridge.ui.preview.tricks import marked
from bridge.ui.preview.wire import Caution, Line, PicturePage, TextPage
from bridge.ui.texts import Texts
from tests.unit.signatures import pdfs

JA = Texts("ja")
FORM = "利用者登録申請書\nポータル：https://ebid.example.jp\n所在地：鹿児島県　鹿児島市\nFAX番号：\n"


def reading(media_type: str, content: str | bytes) -> Reading:
    return read(media_type, content.encode() if isinstance(content, str) else content, JA)


def lines(read: Reading, page: int = 0) -> tuple[Line, ...]:
    shown = read.page(page, 500)
    assert isinstance(shown, TextPage)
    return shown.lines


def outline(media_type: str, content: str | bytes) -> list[str]:
    """Each line's text behind as many dots as it is indented."""
    return [
        "." * line.level + "".join(run.text for run in line.runs)
        for line in lines(reading(media_type, content))
    ]


def picture(read: Reading, page: int = 0, width: int = 200) -> Image.Image:
    shown = read.page(page, width)
    assert isinstance(shown, PicturePage)
    return Image.frombytes("RGB", (shown.width, shown.height), shown.pixels)


def test_plain_text_stays_as_it_is() -> None:
    assert outline("text/plain", FORM) == [*FORM.splitlines(), ""]
    assert reading("text/plain", FORM).sight.cautions == ()


def test_fields_of_a_form_are_told_from_their_values() -> None:
    _, portal, *_ = lines(reading("text/plain", FORM))
    assert [(run.text, run.style) for run in portal.runs] == [
        ("ポータル", "name"),
        ("：", "name"),
        ("https://ebid.example.jp", "plain"),
    ]


def test_windows_line_ends_are_no_tricks() -> None:
    read = reading("text/plain", FORM.replace("\n", "\r\n"))
    assert read.sight.cautions == () and len(lines(read)) == 5


def test_json() -> None:
    content = """{"利用者登録": {"商号": "株式会社見本建設", "資本金": 1.50E7, "役員": ["甲", {"氏名": "乙"}],
        "連絡先": [{"label": "電話", "value": "099"}], "備考": null, "同意": true, "枝": {}, "添付": []}}"""
    assert outline("application/json", content) == [
        "利用者登録",
        ".商号：株式会社見本建設",
        ".資本金：1.50E7",
        ".役員：（2件）",
        "..1. 甲",
        "..2. ",
        "...氏名：乙",
        ".連絡先：（1件）",
        "..電話：099",
        ".備考：なし（null）",
        ".同意：はい（true）",
        ".枝：（項目なし）",
        ".添付：（0件）",
    ]


@pytest.mark.parametrize(
    ("content", "shown"),
    [("1", "1"), ('"入札"', "入札"), ("[]", "（0件）"), ("null", "なし（null）"), ('""', "（空欄）")],
)
def test_json_that_is_one_value(content: str, shown: str) -> None:
    assert outline("application/json", content) == [shown]


def test_json_of_other_names() -> None:
    assert outline("application/geo+json", '{"a": 1}') == ["a：1"]


def test_xml() -> None:
    content = """<?xml version="1.0" encoding="UTF-8"?>
        <入札書 xmlns="urn:bid" 版="1">
          <案件>市道一号線</案件>
          <金額 通貨="JPY">1000</金額>
          <内訳><項目/><項目>砂
          利</項目>以上</内訳>
        </入札書>"""
    assert outline("application/xml", content) == [
        "入札書",
        ".（名前空間）：urn:bid",
        ".版（属性）：1",
        ".案件：市道一号線",
        ".金額：1000",
        "..通貨（属性）：JPY",
        ".内訳",
        "..項目：（空欄）",
        "..項目：砂⟦改行⟧",
        "...          利",
        "..以上",
    ]


def test_other_encodings_of_xml() -> None:
    for encoding in ("Shift_JIS", "EUC-JP", "UTF-16"):
        content = f'<?xml version="1.0" encoding="{encoding}"?><a>見本</a>'.encode(encoding)
        assert outline("text/xml", content) == ["a：見本"]


def test_a_type_that_is_not_shown() -> None:
    content = b"PK\3\4..."
    assert outline("application/zip", content) == [
        "種類：application/zip",
        "大きさ：7 バイト",
        f"SHA-256：{hashlib.sha256(content).hexdigest()}",
    ]
    assert reading("application/zip", content).sight.kind == "none"


def test_a_document_that_is_not_here() -> None:
    read = absent("application/pdf", 300_000_000, "ab" * 32, JA)
    assert read.sight.kind == "absent" and read.sight.digest == "ab" * 32
    texts = ["".join(run.text for run in line.runs) for line in lines(read)]
    assert texts == ["種類：application/pdf", "大きさ：300,000,000 バイト", f"SHA-256：{'ab' * 32}"]


def test_long_text_has_pages() -> None:
    read = reading("text/plain", "\n".join(map(str, range(2500))))
    assert read.sight.pages == 3
    for page, first in ((2, 2000), (0, 0), (1, 1000)):
        shown = lines(read, page)
        assert shown[0].runs[0].text == str(first) and len(shown) == min(LINES_A_PAGE, 2500 - first)
    read.close()
    assert lines(read, 1)[0].runs[0].text == "1000"
    with pytest.raises(CannotBeShown):
        read.page(3, 500)
    with pytest.raises(CannotBeShown):
        read.page(-1, 500)


def test_english() -> None:
    read_in_english = read("application/json", b'{"a": [true]}', Texts("en"))
    assert ["".join(run.text for run in line.runs) for line in lines(read_in_english)] == [
        "a: (1 items)",
        "1. yes (true)",
    ]


ORDINARY = (
    "第１回　入札説明書（令和８年４月１日）",
    "金額 1,000,000円（税込１，１００，０００円）",
    "Ａ4判　ISO 9001:2015　10Ω±5%　30μm　Δt=2.5℃",
    "東京都千代田区霞ヶ関1-2-3　エレベーター一階　三カ月　二・三日",
    "株式会社ABC・Ｄ＆Ｅ　ﾏﾝｼｮﾝ101号　サーバー2台　①②③　㈱　℡",
    "e-mail: keiyaku@example.jp　https://www.example.jp/a?b=1&c=2#d",
    "Größe, café, naïve; 10l, 5I, O型, I-95, l.100",
    "髙橋　﨑山　𠮷田　〒890-0001　ー－―～〜",
    "α線　βテスト　γ-GTP　Ω結合　µm",
)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_raise_no_alarm(text: str) -> None:
    found: set[Caution] = set()
    assert "".join(run.text for run in marked(text, "plain", found)) == text
    assert found == set()


def test_marks_leave_out_nothing_else() -> None:
    found: set[Caution] = set()
    runs = marked("前\u200b中1２後", "name", found)
    assert [(run.text, run.style) for run in runs] == [
        ("前", "name"),
        ("⟦U+200B⟧", "mark"),
        ("中", "name"),
        ("1２", "suspect"),
        ("後", "name"),
    ]
    assert found == {"hidden", "widths"}


def test_pdf_pages_are_drawn() -> None:
    read = reading("application/pdf", pdfs.pages(3))
    assert (read.sight.kind, read.sight.pages, read.sight.cautions) == ("picture", 3, ())
    drawn = picture(read, 2, width=595)
    assert drawn.size == (595, 842)
    assert drawn.getpixel((5, 5)) == (255, 255, 255)
    text = drawn.crop((72, 120, 160, 150)).convert("L")
    assert sum(text.histogram()[:80]) > 50, "no letters are drawn"


def test_pdf_rotated() -> None:
    drawn = picture(reading("application/pdf", pdfs.pages(1, rotate=90)), width=842)
    assert drawn.size == (842, 595)


def test_pdf_pixels_are_red_green_blue() -> None:
    page = pdfs.plain({4: pdfs.stream(b"1 0 0 rg 0 0 595 842 re f")})
    assert picture(reading("application/pdf", page)).getpixel((50, 50)) == (255, 0, 0)


def test_pdf_field_values_are_drawn() -> None:
    """A value that only the form holds, without an appearance of its own, can be read as well."""
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (900) /Rect [50 600 545 800]"
        b" /DA (/F1 90 Tf) /F 4 /MK << /BG [0 1 0] >> >>"
    )
    document = pdfs.plain(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /NeedAppearances true"
            b" /DR << /Font << /F1 5 0 R >> >> >> >>",
            3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [6 0 R]"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            6: field,
        }
    )
    empty = document.replace(b"/V (900)", b"/V (   )")
    drawn = [picture(reading("application/pdf", each)).tobytes() for each in (document, empty)]
    assert drawn[0] != drawn[1]


def png(image: Image.Image) -> bytes:
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def test_pictures_are_drawn_no_larger_than_they_are() -> None:
    drawn = picture(reading("image/png", png(Image.new("RGB", (100, 50), "red"))), width=400)
    assert drawn.size == (100, 50) and drawn.getpixel((9, 9)) == (255, 0, 0)
    assert picture(reading("image/png", png(Image.new("L", (1000, 500)))), width=400).size == (400, 200)


@pytest.mark.parametrize("colour", ["white", "black"])
def test_words_on_nothing_can_be_read(colour: str) -> None:
    image = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((20, 20, 80, 30), fill=colour)
    drawn = picture(reading("image/png", png(image)))
    inside, outside = drawn.getpixel((50, 25)), drawn.getpixel((5, 5))
    assert isinstance(inside, tuple) and isinstance(outside, tuple)
    assert abs(inside[0] - outside[0]) > 30


def test_photographs_stand_upright() -> None:
    target = BytesIO()
    image = Image.new("RGB", (40, 20), "white")
    orientation = image.getexif()
    orientation[0x0112] = 6
    image.save(target, "JPEG", exif=orientation)
    drawn = picture(reading("image/jpeg", target.getvalue()))
    assert drawn.height == 2 * drawn.width


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/json", "application/x-unknown", "text/xml"]
)
def test_a_swap_of_the_bytes_shows_nothing(media_type: str) -> None:
    """Bytes and digest are one: what is drawn from others is refused."""
    contents = (b"<a>100</a>", b"<a>900</a>") if media_type == "text/xml" else (b"100", b"900")
    honest = reading(media_type, contents[0])
    swapped = dataclasses.replace(honest, content=contents[1])
    with pytest.raises(CannotBeShown):
        swapped.page(0, 500)
    object.__setattr__(honest, "content", contents[1])
    with pytest.raises(CannotBeShown):
        honest.page(0, 500)
