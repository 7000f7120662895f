"""Documents that mean harm, or are only broken: none may be signed, none may take the daemon along."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.unit.signatures import pdfs

GOOD = pdfs.plain()


def _entities(depth: int) -> bytes:
    """The billion laughs."""
    rows = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, depth))
    return f'<!DOCTYPE a [<!ENTITY e0 "ha">{rows}]><a>&e{depth - 1};</a>'.encode()


XML: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "blank": lambda: b" \n",
    "text": lambda: b"no XML",
    "zero bytes": lambda: bytes(1000),
    "not closed": lambda: b"<a><b></a>",
    "two roots": lambda: b"<a/><b/>",
    "ends early": lambda: b"<a><b>text",
    "control character": lambda: b"<a>\x01</a>",
    "NUL": lambda: b"<a>\x00</a>",
    "NUL by reference": lambda: b"<a>&#0;</a>",
    "surrogate by reference": lambda: b"<a>&#xD800;</a>",
    "not UTF-8": lambda: b"<a>\xff\xfe\xfd</a>",
    "unknown encoding": lambda: b'<?xml version="1.0" encoding="x-nothing"?><a/>',
    "EBCDIC": lambda: '<?xml version="1.0"?><a/>'.encode("cp037"),
    "UTF-7": lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-',
    "another encoding than said": lambda: b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    "XML 1.1 control": lambda: b'<?xml version="1.1"?><a>&#1;</a>',
    "undeclared prefix": lambda: b"<n:a/>",
    "undeclared attribute prefix": lambda: b'<a n:b="1"/>',
    "attribute twice": lambda: b'<a b="1" b="2"/>',
    "relative namespace": lambda: b'<a xmlns="relative"/>',
    "DTD": lambda: b"<!DOCTYPE a><a/>",
    "DTD with a file": lambda: b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "DTD with an address": lambda: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "public DTD": lambda: b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>',
    "DTD in UTF-16": lambda: '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
    "internal entity": lambda: b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "entity in an attribute": lambda: b'<!DOCTYPE a [<!ENTITY x "y">]><a b="&x;"/>',
    "file entity": lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "http entity": lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><a>&x;</a>',
    "parameter entity": lambda: b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]><a/>',
    "default attribute": lambda: b'<!DOCTYPE a [<!ATTLIST a b CDATA "1">]><a/>',
    "entity that means itself": lambda: b'<!DOCTYPE a [<!ENTITY x "&x;">]><a>&x;</a>',
    "undeclared entity": lambda: b"<a>&nbsp;</a>",
    "billion laughs": lambda: _entities(12),
    "quadratic blow-up": lambda: (
        b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 50_000 + b'">]><a>' + b"&x;" * 50_000 + b"</a>"
    ),
    "XInclude": lambda: (
        b'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/hosts"/></a>'
    ),
    "very deep": lambda: b"<a>" * 100_000 + b"</a>" * 100_000,
    "very long name": lambda: b"<" + b"a" * 20_000_000 + b"/>",
    "very long attribute": lambda: b'<a b="' + b"c" * 11_000_000 + b'"/>',
}


def _deep_pages(depth: int) -> bytes:
    objects = {
        number: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 /Parent %d 0 R >>" % (number + 1, number - 1)
        for number in range(10, 10 + depth)
    }
    objects[2] = b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>"
    return pdfs.plain(objects)


def _nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return pdfs.plain({1: b"<< /Type /Catalog /Pages 2 0 R /X %s >>" % (opening * depth + closing * depth)})


def _object_stream(data: bytes, entries: bytes) -> bytes:
    return pdfs.plain({6: pdfs.stream(data, entries), 1: b"<< /Type /Catalog /Pages 6 0 R >>"})


def _endless_xref() -> bytes:
    """/Prev that leads back to the same table."""
    at = GOOD.rindex(b"xref\n0 ")
    return GOOD.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d" % at)


_STANDARD = b"<< /Filter /Standard /V %d /R %d /Length 128 /O <%s> /U <%s> /P -44 >>"


def encrypted(version: int = 2, revision: int = 3) -> bytes:
    entry = _STANDARD % (version, revision, b"00" * 32, b"00" * 32)
    return pdfs.plain(trailer=b"/ID [<00> <00>] /Encrypt " + entry)


def encrypted_by_pyhanko(owner: str, user: str) -> bytes:
    """AES-256, as a real program makes it; without a user password anybody can read it, but not sign it."""
    reader = PdfFileReader(BytesIO(GOOD))
    writer: Any = copy_into_new_writer(reader)
    writer.encrypt(owner_pass=owner, user_pass=user)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


PDF: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "header only": lambda: b"%PDF-1.7\n",
    "text": lambda: b"no PDF",
    "zero bytes": lambda: b"%PDF-1.7\n" + bytes(100_000),
    "ends at a tenth": lambda: pdfs.truncated(GOOD)[0],
    "ends at the half": lambda: pdfs.truncated(GOOD)[1],
    "ends at nine tenths": lambda: pdfs.truncated(GOOD)[2],
    "no startxref": lambda: GOOD.replace(b"startxref", b"startxxxx"),
    "startxref beyond the end": lambda: GOOD[: GOOD.rindex(b"startxref")] + b"startxref\n99999999\n%%EOF\n",
    "startxref below zero": lambda: GOOD[: GOOD.rindex(b"startxref")] + b"startxref\n-5\n%%EOF\n",
    "startxref at the start": lambda: GOOD[: GOOD.rindex(b"startxref")] + b"startxref\n0\n%%EOF\n",
    "no root": lambda: GOOD.replace(b"/Root 1 0 R", b"/Ruut 1 0 R"),
    "root is a number": lambda: pdfs.plain({1: b"42"}),
    "root leads nowhere": lambda: GOOD.replace(b"/Root 1 0 R", b"/Root 9 0 R"),
    "root means itself": lambda: pdfs.plain({1: b"1 0 R"}),
    "no pages": lambda: pdfs.plain({1: b"<< /Type /Catalog >>"}),
    "no page": lambda: pdfs.plain({2: b"<< /Type /Pages /Kids [] /Count 0 >>"}),
    "pages are a number": lambda: pdfs.plain({2: b"7"}),
    "page is a number": lambda: pdfs.plain({3: b"7"}),
    "kids that are their parents": lambda: pdfs.plain({2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}),
    "pages very deep": lambda: _deep_pages(5000),
    "arrays very deep": lambda: _nested(b"[", b"]", 50_000),
    "dictionaries very deep": lambda: _nested(b"<< /A ", b" >>", 50_000),
    "dictionary not closed": lambda: pdfs.plain({1: b"<< /Type /Catalog /Pages 2 0 R"}),
    "object number wrong": lambda: GOOD.replace(b"\n1 0 obj", b"\n7 0 obj"),
    "cross-reference without end": _endless_xref,
    "cross-reference of a billion": lambda: GOOD.replace(b"xref\n0 6\n", b"xref\n0 999999999\n"),
    "size below zero": lambda: GOOD.replace(b"/Size 6", b"/Size -6"),
    "size is a name": lambda: GOOD.replace(b"/Size 6", b"/Size /A"),
    "AcroForm is a number": lambda: pdfs.plain({1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 7 >>"}),
    "fields are a number": lambda: pdfs.plain(
        {1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 7 >> >>"}
    ),
    "annotations are a number": lambda: pdfs.plain(
        {3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots 7 >>"}
    ),
    "hybrid cross-reference": pdfs.hybrid,
    "encrypted with RC4": encrypted,
    "encrypted with AES-256": lambda: encrypted(5, 6),
    "encrypted for its readers": lambda: encrypted_by_pyhanko("owner", "user"),
    "encrypted without a password": lambda: encrypted_by_pyhanko("owner", ""),
    "encrypted by something unknown": lambda: pdfs.plain(trailer=b"/Encrypt << /Filter /Acme /V 9 >>"),
    "encryption is a number": lambda: pdfs.plain(trailer=b"/Encrypt 7"),
    "bomb of 100 MiB": lambda: pdfs.bomb(100),
    "bomb in a bomb": lambda: _object_stream(
        zlib.compress(zlib.compress(bytes(200_000_000), 9), 9),
        b"/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]",
    ),
    "stream longer than the file": lambda: pdfs.plain({2: b"<< /Length 999999999 >>\nstream\nx\nendstream"}),
    "no changes allowed": lambda: pdfs.plain(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R /Perms << /DocMDP 6 0 R >> >>",
            6: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] "
            b"/Contents <00> /Reference [<< /Type /SigRef /TransformMethod /DocMDP "
            b"/TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>] >>",
        }
    ),
}
