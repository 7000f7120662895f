"""DER by hand (X.690): enough to read what has to be compared byte for byte, and to write it again."""

from __future__ import annotations

from collections.abc import Iterator

OCTETS, OID, UTF8, SEQUENCE, SET = 0x04, 0x06, 0x0C, 0x30, 0x31


def elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and contents of one element after the other (X.690, sections 8.1 and 10.1).

    Raises:
        ValueError, IndexError: they are not DER. A tag of more bytes comes out as one that nobody expects.
    """
    while octets:
        tag, size, start = octets[0], octets[1], 2
        if size >= 0x80:
            start += size - 0x80
            size = int.from_bytes(octets[2:start], "big")
            if size < 0x80 or octets[2] == 0:
                raise ValueError
        if len(octets) < start + size:
            raise ValueError
        yield tag, octets[start : start + size]
        octets = octets[start + size :]


def only(octets: bytes, tag: int) -> bytes:
    """The contents of the one element that `octets` are.

    Raises:
        ValueError, IndexError: they are another one, or more, or not DER.
    """
    ((found, contents),) = elements(octets)
    if found != tag:
        raise ValueError
    return contents


def encoded(tag: int, *contents: bytes) -> bytes:
    """One element with these contents, its length in the definite form (X.690, section 10.1)."""
    octets = b"".join(contents)
    size = len(octets)
    if size < 0x80:
        return bytes((tag, size)) + octets
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + octets
