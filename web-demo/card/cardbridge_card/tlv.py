"""BER-TLV as PIV uses it (ISO/IEC 7816-4, 5.2.2): definite lengths, tags of one to three octets."""

from collections.abc import Iterator


class MalformedTlvError(ValueError):
    """The octets are no sequence of complete TLV objects."""


def encode(tag: int, value: bytes) -> bytes:
    """One object: `tag` as it is written (0x5F2F is two octets), length in the shortest form."""
    tag_octets = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    return tag_octets + _length(len(value)) + value


def decode(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The objects of one level, in order. Raises MalformedTlvError at the first incomplete one."""
    offset = 0
    while offset < len(data):
        tag, offset = _read_tag(data, offset)
        size_bytes, offset = _read_length(data, offset)
        if offset + size_bytes > len(data):
            raise MalformedTlvError("value is cut short")
        yield tag, data[offset : offset + size_bytes]
        offset += size_bytes


def _length(size_bytes: int) -> bytes:
    if size_bytes < 0x80:
        return bytes([size_bytes])
    octets = size_bytes.to_bytes((size_bytes.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def _read_tag(data: bytes, offset: int) -> tuple[int, int]:
    end = offset + 1
    if data[offset] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end > len(data) or end - offset > 3:
        raise MalformedTlvError("tag is cut short or too long")
    return int.from_bytes(data[offset:end], "big"), end


def _read_length(data: bytes, offset: int) -> tuple[int, int]:
    if offset >= len(data):
        raise MalformedTlvError("length is missing")
    first = data[offset]
    if first < 0x80:
        return first, offset + 1
    end = offset + 1 + (first & 0x7F)
    if first == 0x80 or end > len(data) or end - offset > 4:
        raise MalformedTlvError("length is indefinite, cut short or too long")
    return int.from_bytes(data[offset + 1 : end], "big"), end
