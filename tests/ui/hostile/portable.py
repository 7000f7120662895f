"""PDF that is broken, hides something, or takes all there is."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial

from bridge.ui.preview.wire import Caution
from tests.ui.hostile.specimen import Specimen, refused, shown
from tests.unit.signatures import pdfs
from tests.unit.signatures.hostile import PDF as UNSIGNABLE
from tests.unit.signatures.hostile import encrypted_by_pyhanko

PDF = "application/pdf"
GOOD = pdfs.plain()
_ZIP_END = b"PK\x05\x06" + bytes(16)
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R %s >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << %s >> %s >>"


def catalog(entries: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    return pdfs.plain({1: _CATALOG % entries, **(more or {})})


def page(
    content: bytes, resources: bytes = b"", entries: bytes = b"", more: Mapping[int, bytes] | None = None
) -> bytes:
    """One page, with its content stream as it is given."""
    return pdfs.plain({3: _PAGE % (resources, entries), 4: content, **(more or {})})


def packed(content: bytes) -> bytes:
    return pdfs.stream(zlib.compress(content, 9), b"/Filter /FlateDecode")


def revised(document: bytes = GOOD) -> bytes:
    """Another revision is appended in which the page says something else (ISO 32000-1, section 7.5.6)."""
    changed = b"4 0 obj\n%s\nendobj\n" % pdfs.text_page("Other")
    at = len(document)
    previous = document.rindex(b"xref\n0 ")
    table = (
        b"xref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    )
    return document + changed + table % (at, previous, at + len(changed))


def image(width: int, height: int) -> bytes:
    """A picture that says to be so large, of next to no bytes."""
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 1"
    )
    picture = pdfs.stream(zlib.compress(bytes(1000)), entries % (width, height) + b" /Filter /FlateDecode")
    return page(
        pdfs.stream(b"q 500 0 0 500 50 200 cm /I Do Q"), b"/XObject << /I 6 0 R >>", more={6: picture}
    )


def garbage(filter: bytes) -> bytes:
    """A picture in a format whose decoders have a history, of garbage."""
    entries = (
        b"/Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    picture = pdfs.stream(bytes(range(256)) * 40, entries + b" /Filter /" + filter)
    return page(
        pdfs.stream(b"q 500 0 0 500 50 200 cm /I Do Q"), b"/XObject << /I 6 0 R >>", more={6: picture}
    )


def in_object_stream(entries: bytes) -> bytes:
    """The catalog's entries where no search in the file finds them: packed (section 7.5.7)."""
    inside = b"6 0 " + _CATALOG % entries
    stream = pdfs.stream(zlib.compress(inside, 9), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    return GOOD.replace(b"5 0 obj", b"%d 0 obj\n%s\nendobj\n5 0 obj" % (8, stream), 1)


_FORM = b"/XObject << /F 6 0 R >>"
_ENDLESS = {
    6: pdfs.stream(
        b"/F Do",
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 6 0 R >> >>",
    )
}
_SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
_FIELD = (
    b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (900) /Rect [100 600 300 640] /DA (/F1 12 Tf) >>"
)
_FILE = {
    6: b"<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>",
    7: pdfs.stream(b"MZ", b"/Type /EmbeddedFile"),
}
_LAYERS = {6: b"<< /Type /OCG /Name (a) >>"}
_HIDDEN_LAYER = b"/OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] /Order [6 0 R] >> >>"

BOXES = {
    "no size": b"[0 0 0 0]",
    "of a million": b"[0 0 1000000 1000000]",
    "beyond floats": b"[0 0 1e38 1e38]",
    "upside down": b"[595 842 0 0]",
    "very long": b"[0 0 10 14400]",
    "very wide": b"[0 0 14400 1]",
    "not numbers": b"[(a) (b) (c) (d)]",
    "of a billionth": b"[0 0 0.000001 0.000001]",
}


def warned(make: bytes, *cautions: Caution) -> Specimen:
    return shown(PDF, make, *cautions)


def _either(name: str) -> Specimen:
    return Specimen(media_type=PDF, make=UNSIGNABLE[name], verdict="either")


PDFS: dict[str, Specimen] = {
    **{f"unsignable: {name}": _either(name) for name in UNSIGNABLE},
    **{
        f"a page {name}": Specimen(
            media_type=PDF,
            make=partial(page, pdfs.text_page("Bid"), entries=b"/MediaBox " + box),
            verdict="either",
        )
        for name, box in BOXES.items()
    },
    "nothing": refused(PDF, b""),
    "header alone": refused(PDF, b"%PDF-1.7\n%%EOF\n"),
    "header and trailer": refused(PDF, b"%PDF-1.7\nstartxref\n0\n%%EOF\n"),
    "something before it": refused(PDF, b"<html>" + GOOD),
    "HTML behind it": refused(PDF, GOOD + b"<script>alert(1)</script>"),
    "an archive behind it": refused(PDF, GOOD + b"PK\x03\x04" + _ZIP_END + b"\0\0"),
    "an archive in it": refused(PDF, GOOD[:-6] + _ZIP_END + b"\x06\x00" + GOOD[-6:]),
    "a picture": refused(PDF, b"\x89PNG\r\n\x1a\n"),
    "half of it": refused(PDF, GOOD[: len(GOOD) // 2]),
    "zero bytes within": refused(PDF, b"%PDF-1.7\n" + bytes(100_000) + b"startxref\n0\n%%EOF\n"),
    "for its readers": refused(PDF, lambda: encrypted_by_pyhanko("owner", "user")),
    "restricted": shown(PDF, lambda: encrypted_by_pyhanko("owner", ""), "restricted"),
    "10,000 pages": shown(PDF, lambda: pdfs.pages(10_000)),
    "200,000 pages": refused(
        PDF,
        lambda: pdfs.plain(
            {2: b"<< /Type /Pages /Kids [%s] /Count 200000 /MediaBox [0 0 9 9] >>" % (b"3 0 R " * 200_000)}
        ),
    ),
    "written to again": warned(revised(), "revisions"),
    "script in the catalog": warned(catalog(b"/OpenAction " + _SCRIPT), "scripts"),
    "script by name": warned(
        catalog(b"/Names << /JavaScript << /Names [(a) 6 0 R] >> >>", {6: _SCRIPT}), "scripts"
    ),
    "script with an escape": warned(catalog(b"/OpenAction << /S /J#61vaScript /JS (1) >>"), "scripts"),
    "script in an object stream": warned(in_object_stream(b"/OpenAction " + _SCRIPT), "scripts", "damaged"),
    "program to start": warned(catalog(b"/OpenAction << /S /Launch /F (calc.exe) >>"), "scripts"),
    "form that is sent": warned(
        catalog(b"/OpenAction << /S /SubmitForm /F (http://127.0.0.1:9/) >>"), "scripts"
    ),
    "attachment": warned(
        catalog(b"/Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>", _FILE), "attachments"
    ),
    "film": warned(
        page(
            pdfs.text_page("Bid"), entries=b"/Annots [<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>]"
        ),
        "attachments",
    ),
    "layers": warned(catalog(_HIDDEN_LAYER, _LAYERS), "layers"),
    "fields": warned(
        pdfs.plain(
            {
                1: _CATALOG % b"/AcroForm << /Fields [6 0 R] >>",
                3: _PAGE % (b"/Font << /F1 5 0 R >>", b"/Annots [6 0 R]"),
                6: _FIELD,
            }
        ),
        "fields",
    ),
    "XFA": warned(catalog(b"/AcroForm << /Fields [] /XFA 6 0 R >>", {6: pdfs.stream(b"<xdp/>")}), "fields"),
    "form within itself": warned(page(pdfs.stream(b"/F Do"), _FORM, more=_ENDLESS)),
    "states without end": warned(page(packed(b"q " * 3_000_000))),
    "100 MiB of blanks": warned(page(packed(b" " * 100_000_000))),
    "many lines": warned(page(packed(b"0 0 m 500 500 l S\n" * 20_000))),
    "picture of a billion": warned(image(60_000, 60_000)),
    "picture of 2^31": warned(image(2**31 - 1, 2**31 - 1)),
    "picture of nothing": warned(image(0, 0)),
    **{
        f"garbage as {name.decode()}": warned(garbage(name))
        for name in (
            b"JBIG2Decode",
            b"JPXDecode",
            b"DCTDecode",
            b"CCITTFaxDecode",
            b"LZWDecode",
            b"RunLengthDecode",
            b"NoSuchDecode",
        )
    },
    "font that is garbage": warned(
        pdfs.plain(
            {
                5: b"<< /Type /Font /Subtype /TrueType /BaseFont /A /FontDescriptor 6 0 R >>",
                6: b"<< /Type /FontDescriptor /FontName /A /Flags 4 /FontFile2 7 0 R >>",
                7: pdfs.stream(bytes(range(256)) * 10),
            }
        )
    ),
    "file from elsewhere": warned(page(pdfs.stream(b"x", b"/F (/etc/passwd) /FFilter /FlateDecode"))),
}
