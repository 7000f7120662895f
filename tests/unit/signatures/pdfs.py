"""PDF documents for the tests, written byte by byte: good ones, odd ones and hostile ones."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

OBJECTS: dict[int, bytes] = {
    1: b"<< /Type /Catalog /Pages 2 0 R >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
    3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    4: b"",
    5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
}


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def text_page(text: str) -> bytes:
    return stream(b"BT /F1 24 Tf 72 700 Td (%s) Tj ET" % text.encode("ascii"))


def plain(changed: Mapping[int, bytes] | None = None, *, trailer: bytes = b"", text: str = "Bid") -> bytes:
    """A PDF with a classic cross-reference table; `changed` replaces or adds objects."""
    objects = {**OBJECTS, 4: text_page(text), **(changed or {})}
    body, offsets = _body(objects)
    return body + _table(offsets, len(body), trailer)


def pages(count: int, *, rotate: int = 0) -> bytes:
    """A PDF with many pages."""
    objects = dict(OBJECTS)
    first = 6
    kids = b" ".join(b"%d 0 R" % number for number in range(first, first + count))
    objects[2] = b"<< /Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 595 842] /Rotate %d >>" % (
        kids,
        count,
        rotate,
    )
    objects[4] = text_page("Page")
    del objects[3]
    for number in range(first, first + count):
        objects[number] = OBJECTS[3]
    body, offsets = _body(objects)
    return body + _table(offsets, len(body))


def with_xref_stream() -> bytes:
    """A PDF 1.5 whose cross-reference is a stream (ISO 32000-1, section 7.5.8)."""
    objects = {**OBJECTS, 4: text_page("Bid")}
    body, offsets = _body(objects)
    return body + _xref_stream(offsets, len(body))


def hybrid() -> bytes:
    """Both kinds of cross-reference at once (ISO 32000-1, section 7.5.8.4)."""
    objects = {**OBJECTS, 4: text_page("Bid")}
    body, offsets = _body(objects)
    at = len(body)
    body += _xref_stream({**offsets}, at, is_last=False)
    return body + _table(offsets, len(body), b"/XRefStm %d" % at)


def bomb(unpacked_mib: int) -> bytes:
    """An object stream that unpacks to so many MiB, with the catalog in it."""
    data = b"1 0 " + OBJECTS[1] + b" " * (unpacked_mib * 1024 * 1024)
    packed = zlib.compress(data, 9)
    objects = {number: value for number, value in {**OBJECTS, 4: text_page("Bid")}.items() if number != 1}
    objects[6] = stream(packed, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    body, offsets = _body(objects)
    return body + _xref_stream(offsets, len(body), in_streams={1: (6, 0)})


def _body(objects: Mapping[int, bytes]) -> tuple[bytes, dict[int, int]]:
    body, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {}
    parts = [body]
    length = len(body)
    for number, value in sorted(objects.items()):
        offsets[number] = length
        part = b"%d 0 obj\n%s\nendobj\n" % (number, value)
        parts.append(part)
        length += len(part)
    return b"".join(parts), offsets


def _table(offsets: Mapping[int, int], at: int, trailer: bytes = b"") -> bytes:
    size = max(offsets) + 1
    rows = [b"0000000000 65535 f \n"]
    for number in range(1, size):
        offset = offsets.get(number)
        rows.append(b"0000000000 00000 f \n" if offset is None else b"%010d 00000 n \n" % offset)
    return b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        b"".join(rows),
        size,
        trailer,
        at,
    )


def _xref_stream(
    offsets: Mapping[int, int],
    at: int,
    *,
    is_last: bool = True,
    in_streams: Mapping[int, tuple[int, int]] | None = None,
) -> bytes:
    inner = in_streams or {}
    own = max((*offsets, *inner)) + 1
    places: dict[int, int] = {**offsets, own: at}
    rows: list[bytes] = []
    for number in range(own + 1):
        if number in inner:
            container, index = inner[number]
            rows.append(bytes([2]) + container.to_bytes(4, "big") + bytes([index]))
        elif number in places:
            rows.append(bytes([1]) + places[number].to_bytes(4, "big") + bytes([0]))
        else:
            rows.append(bytes(6))
    entries = b"/Type /XRef /Size %d /W [1 4 1] /Root 1 0 R" % (own + 1)
    written = b"%d 0 obj\n%s\nendobj\n" % (own, stream(b"".join(rows), entries))
    return written + (b"startxref\n%d\n%%%%EOF\n" % at if is_last else b"")


def truncated(document: bytes, parts: Sequence[float] = (0.1, 0.5, 0.9)) -> list[bytes]:
    """The document, ending too early."""
    return [document[: int(len(document) * part)] for part in parts]
