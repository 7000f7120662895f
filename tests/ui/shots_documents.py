"""The windows with documents of which pictures are kept: see `tests.ui.gallery`."""

from __future__ import annotations

from collections.abc import Callable

from bridge.core.consent import Confirm, Open
from bridge.core.document import SignerDocument, read_document
from tests.ui.hands import click
from tests.ui.scenes import BROWSER, HOLDER, PIN, opened
from tests.ui.stage import Stage
from tests.unit.signatures import pdfs

_TRICKS = (
    "見積金額：1２0,000円\n発注者：株式会社Ａdvance　建設部\n"
    "備考：振込先は\u202e別紙\u202cのとおり\u200b。\n担当：pаypal 係"
    + "\n" * 40
    + "なお、上記にかかわらず金額は百万円とする。\n"
)
_BID = """<?xml version="1.0" encoding="UTF-8"?>
<入札書 xmlns="urn:example:bid" 版="1.0"><案件名称>市道一号線舗装工事</案件名称>
<入札金額 通貨="JPY">12000000</入札金額>
<入札者><商号>株式会社見本建設</商号><代表者>見本　太郎</代表者></入札者></入札書>"""
_FONT = {
    5: b"<< /Type /Font /Subtype /Type0 /BaseFont /IPAexMincho /Encoding /UniJIS-UTF16-H"
    b" /DescendantFonts [6 0 R] >>",
    6: b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /IPAexMincho /DW 1000 /FontDescriptor 7 0 R"
    b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >> >>",
    7: b"<< /Type /FontDescriptor /FontName /IPAexMincho /Flags 6 /FontBBox [0 -136 1000 859] /ItalicAngle 0"
    b" /Ascent 859 /Descent -140 /CapHeight 709 /StemV 80 >>",
}


def contract(pages: int = 3) -> bytes:
    """A PDF in Japanese, in a font that is not embedded."""
    objects = dict(_FONT)
    kids = []
    for number in range(pages):
        page, content = 10 + 2 * number, 11 + 2 * number
        kids.append(b"%d 0 R" % page)
        objects[page] = (
            b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            % content
        )
        objects[content] = pdfs.stream(_page(number + 1))
    box = b"/MediaBox [0 0 595 842]"
    objects[2] = b"<< /Type /Pages /Kids [%s] /Count %d %s >>" % (b" ".join(kids), pages, box)
    return pdfs.plain(objects)


def _page(number: int) -> bytes:
    lines = [f"{row}．市道一号線舗装工事について、次のとおり契約します。" for row in range(1, 31)]
    written = b" ".join(b"<%s> Tj T*" % _hex(line) for line in lines)
    title = _hex(f"工事請負契約書　第{number}ページ")
    return b"BT /F1 20 Tf 72 760 Td <%s> Tj ET BT /F1 11 Tf 72 720 Td 20 TL %s ET" % (title, written)


def _hex(text: str) -> bytes:
    return text.encode("utf-16-be").hex().encode()


CONTRACT = read_document("工事請負契約書.pdf", "application/pdf", contract())
TRICKS = read_document("見積書.txt", "text/plain", _TRICKS.encode())
BATCH = [
    read_document("入札書.xml", "application/xml", _BID.encode()),
    CONTRACT,
    TRICKS,
    read_document("図面一式.zip", "application/zip", b"PK\3\4" + bytes(48_000)),
    *(read_document(f"委任状（その{n}）.txt", "text/plain", f"委任状 {n}\n".encode()) for n in range(5, 501)),
]


def _enlarge(shown: Stage) -> None:
    click(shown.desktop, shown.button("大きく表示(L)"))


PICTURES: dict[str, tuple[list[SignerDocument], Callable[[Stage], object]]] = {
    "sign-batch": (BATCH, lambda shown: None),
    "sign-pdf": ([CONTRACT], lambda shown: None),
    "sign-pdf-large": ([CONTRACT], _enlarge),
    "sign-tricks": ([TRICKS], lambda shown: None),
}


def signing(documents: list[SignerDocument]) -> Open:
    """The window that asks for the signature of `documents`."""
    return opened(Confirm(holder=HOLDER, pin=PIN), "sign", documents=documents, program=BROWSER)
