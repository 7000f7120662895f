"""Pictures that are none, or too much of one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

from tests.ui.hostile.specimen import Specimen, refused, shown

PNG, JPEG = "image/png", "image/jpeg"
_ZIP_END = b"PK\x05\x06" + bytes(18)


def drawn(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    target = BytesIO()
    Image.new(mode, size, "white" if mode in ("RGB", "L") else 0).save(target, kind, **options)
    return target.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes = b"", *, more: bytes = b"") -> bytes:
    """A PNG whose header says what is given, whatever its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def animated() -> bytes:
    target = BytesIO()
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("white", "red")]
    frames[0].save(target, "PNG", save_all=True, append_images=frames[1:])
    return target.getvalue()


def huge_jpeg() -> bytes:
    """Its frame header says 65,500 by 65,500."""
    small = drawn("JPEG")
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", 65_500, 65_500) + small[at + 4 :]


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


PICTURES: dict[str, Specimen] = {
    "nothing": refused(PNG, b""),
    "signature alone": refused(PNG, b"\x89PNG\r\n\x1a\n"),
    "JPEG as PNG": refused(PNG, lambda: drawn("JPEG")),
    "PNG as JPEG": refused(JPEG, lambda: drawn("PNG")),
    "GIF as PNG": refused(PNG, lambda: drawn("GIF", mode="L")),
    "SVG as PNG": refused(PNG, "<svg/>"),
    "half of it": refused(PNG, lambda: drawn(size=(400, 300), mode="L")[:60]),
    "half a JPEG": refused(JPEG, lambda: drawn("JPEG", (400, 300))[:400]),
    "wrong checksum": refused(PNG, lambda: flipped(drawn(), 20)),
    "no data": refused(PNG, lambda: png(1000, 1000)),
    "100,000 by 100,000": refused(PNG, lambda: png(100_000, 100_000)),
    "no size": refused(PNG, lambda: png(0, 0)),
    "size below zero": refused(PNG, lambda: png(2**32 - 1, 2**32 - 1)),
    "bomb": refused(PNG, lambda: png(30_000, 30_000, bytes(3751 * 30_000))),
    "bomb of text": refused(
        PNG,
        lambda: png(8, 8, bytes(16), more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000), 9))),
    ),
    "huge JPEG": refused(JPEG, huge_jpeg),
    "an archive behind it": refused(PNG, lambda: drawn() + b"PK\x03\x04" + _ZIP_END),
    "an archive behind a JPEG": refused(JPEG, lambda: drawn("JPEG") + b"PK\x03\x04" + _ZIP_END),
    "a page behind it": refused(PNG, lambda: drawn() + b"<script>alert(1)</script>"),
    "animated": shown(PNG, animated, "frames"),
    "transparent": shown(PNG, lambda: drawn(mode="RGBA")),
    "one point": shown(PNG, lambda: drawn(size=(1, 1))),
    "60,000 high": shown(PNG, lambda: drawn(size=(1, 60_000))),
    "60,000 wide": shown(PNG, lambda: drawn(size=(60_000, 1))),
    "four colours": shown(JPEG, lambda: drawn("JPEG", mode="CMYK")),
}
