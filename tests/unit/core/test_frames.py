"""Message boundaries in RFC 6455 frame streams, wherever TCP cuts them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.frames import MessageMeter
from tests.unit.fuzz import quick

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame; `width` is the form of its length field: 7, 16 or 64 bits."""

    opcode: int
    is_final: bool = True
    payload: bytes = b""
    is_masked: bool = True
    width: int = 7

    def encode(self) -> bytes:
        mask_bit = 0x80 if self.is_masked else 0
        first = bytes([(0x80 if self.is_final else 0) | self.opcode])
        size = len(self.payload)
        if self.width == 7:
            head = first + bytes([mask_bit | size])
        elif self.width == 16:
            head = first + bytes([mask_bit | 126]) + struct.pack(">H", size)
        else:
            head = first + bytes([mask_bit | 127]) + struct.pack(">Q", size)
        return head + (b"\x01\x02\x03\x04" if self.is_masked else b"") + self.payload


def after(stream: list[Frame]) -> tuple[int, bool]:
    """Messages that have ended after these whole frames, and whether one is still open."""
    completed, is_open = 0, False
    for frame in stream:
        if frame.opcode & 8:
            completed += not is_open
        else:
            is_open = not frame.is_final
            completed += frame.is_final
    return completed, is_open


def state(meter: MessageMeter) -> tuple[int, bool]:
    return meter.completed, meter.is_unfinished


def fed(data: bytes) -> tuple[int, bool]:
    meter = MessageMeter()
    meter.feed(data)
    return state(meter)


STREAMS = {
    "one text": ([Frame(opcode=TEXT, payload=b"Hello")], 1),
    "empty text": ([Frame(opcode=TEXT)], 1),
    "two": ([Frame(opcode=TEXT, payload=b"a"), Frame(opcode=BINARY, payload=b"b")], 2),
    "three fragments": (
        [
            Frame(opcode=TEXT, payload=b"Hel", is_final=False),
            Frame(opcode=CONTINUATION, payload=b"lo", is_final=False),
            Frame(opcode=CONTINUATION, payload=b"!"),
        ],
        1,
    ),
    "empty last fragment": (
        [Frame(opcode=TEXT, payload=b"a", is_final=False), Frame(opcode=CONTINUATION)],
        1,
    ),
    "ping between fragments": (
        [
            Frame(opcode=TEXT, payload=b"a", is_final=False),
            Frame(opcode=PING, payload=b"still there?"),
            Frame(opcode=CONTINUATION, payload=b"b"),
        ],
        1,
    ),
    "ping between messages": ([Frame(opcode=TEXT), Frame(opcode=PING), Frame(opcode=TEXT)], 3),
    "close": ([Frame(opcode=CLOSE, payload=b"\x03\xe8")], 1),
    "longest ping": ([Frame(opcode=PING, payload=b"x" * 125), Frame(opcode=TEXT)], 2),
    "16-bit length": ([Frame(opcode=TEXT, payload=b"x" * 126, width=16)], 1),
    "16-bit length, largest": ([Frame(opcode=TEXT, payload=b"x" * 65535, width=16)], 1),
    "64-bit length": ([Frame(opcode=BINARY, payload=b"x" * 65536, width=64)], 1),
    "64-bit length of nothing": ([Frame(opcode=BINARY, width=64)], 1),
    "a payload that looks like frames": ([Frame(opcode=TEXT, payload=b"\x81\x00\x01\x00" * 9)], 1),
}


@pytest.mark.parametrize(("stream", "messages"), STREAMS.values(), ids=STREAMS.keys())
def test_whole_streams(stream: list[Frame], messages: int) -> None:
    assert fed(b"".join(frame.encode() for frame in stream)) == (messages, False)


def test_the_masked_examples_of_rfc_6455_section_5_7() -> None:
    assert fed(bytes.fromhex("818537fa213d7f9f4d5158")) == (1, False)
    assert fed(bytes.fromhex("8a8537fa213d7f9f4d5158")) == (1, False)


def test_nothing_fed_is_nothing_begun() -> None:
    assert state(MessageMeter()) == (0, False)
    assert fed(b"") == (0, False)


def test_a_control_frame_inside_a_message_does_not_end_it() -> None:
    meter = MessageMeter()
    meter.feed(Frame(opcode=TEXT, is_final=False).encode())
    for _ in range(3):
        meter.feed(Frame(opcode=PING, payload=b"x").encode())
        assert state(meter) == (0, True)
    meter.feed(Frame(opcode=CONTINUATION).encode())
    assert state(meter) == (1, False)


def test_a_length_of_63_bits_is_counted_and_not_kept() -> None:
    meter = MessageMeter()
    meter.feed(b"\x82\xff\x7f" + b"\xff" * 7 + bytes(1000))
    assert state(meter) == (0, True)
    assert fed(b"\x82\xff\x01" + bytes(7) + bytes(1000)) == (0, True)


BROKEN = {
    "unmasked": ([Frame(opcode=TEXT, payload=b"Hello", is_masked=False)], "unmasked"),
    "reserved bit 1": ([Frame(opcode=TEXT | 0x40)], "reserved bits"),
    "reserved bit 3": ([Frame(opcode=TEXT | 0x10)], "reserved bits"),
    "opcode 3": ([Frame(opcode=3)], "reserved opcode"),
    "opcode 11": ([Frame(opcode=11)], "reserved opcode"),
    "fragmented ping": ([Frame(opcode=PING, is_final=False)], "control frame"),
    "long ping": ([Frame(opcode=PING, payload=b"x" * 126, width=16)], "control frame"),
    "continuation of nothing": ([Frame(opcode=CONTINUATION)], "continuation"),
    "a message inside a message": ([Frame(opcode=TEXT, is_final=False), Frame(opcode=TEXT)], "continuation"),
}


@pytest.mark.parametrize(("stream", "rule"), BROKEN.values(), ids=BROKEN.keys())
def test_the_broken_rule_is_named(stream: list[Frame], rule: str) -> None:
    data = b"".join(frame.encode() for frame in stream)
    for piece in (data, *[data[:cut] for cut in range(len(data) - len(stream[-1].payload), len(data))]):
        meter = MessageMeter()
        meter.feed(piece)
        assert rule in str(meter.violation)


def test_after_a_broken_rule_nothing_counts() -> None:
    meter = MessageMeter()
    meter.feed(Frame(opcode=TEXT).encode() + Frame(opcode=3).encode())
    meter.feed(Frame(opcode=TEXT).encode() * 5)
    assert meter.completed == 1
    assert meter.violation is not None


payloads = st.binary(max_size=140)


@st.composite
def frames(draw: st.DrawFn, opcode: int, *, is_final: bool = True) -> Frame:
    payload = draw(payloads)[: 125 if opcode & 8 else None]
    widths = [16, 64] if len(payload) > 125 else [7] if opcode & 8 else [7, 16, 64]
    return Frame(
        opcode=opcode,
        is_final=is_final,
        payload=payload,
        width=draw(st.sampled_from(widths)),
    )


@st.composite
def messages(draw: st.DrawFn) -> list[Frame]:
    """One message in some fragments, control frames among them."""
    count = draw(st.integers(1, 3))
    found: list[Frame] = []
    for index in range(count):
        opcode = draw(st.sampled_from([TEXT, BINARY])) if index == 0 else CONTINUATION
        found.append(draw(frames(opcode, is_final=index == count - 1)))
        if draw(st.booleans()):
            found.append(draw(frames(draw(st.sampled_from([PING, PONG])))))
    return found


streams = st.lists(messages(), min_size=1, max_size=3).map(lambda lists: [f for each in lists for f in each])


def prefixes(stream: list[Frame]) -> Iterator[tuple[int, tuple[int, bool]]]:
    """Every length of the stream's prefixes, and what the meter has to say of it."""
    position = 0
    for index, frame in enumerate(stream):
        size = len(frame.encode())
        for offset in range(size):
            completed, is_open = after(stream[:index])
            yield position + offset, (completed, is_open or offset > 0)
        position += size
    yield position, after(stream)


@quick
@given(streams)
def test_byte_by_byte(stream: list[Frame]) -> None:
    data = b"".join(frame.encode() for frame in stream)
    meter = MessageMeter()
    for length, expected in prefixes(stream):
        assert state(meter) == expected
        meter.feed(data[length : length + 1])


@quick
@given(streams)
def test_cut_in_two_at_every_byte(stream: list[Frame]) -> None:
    data = b"".join(frame.encode() for frame in stream)
    for length, expected in prefixes(stream):
        meter = MessageMeter()
        meter.feed(data[:length])
        assert state(meter) == expected
        meter.feed(data[length:])
        assert state(meter) == after(stream)
        assert meter.violation is None


@quick
@given(st.lists(st.binary(max_size=30), max_size=10))
def test_pieces_do_not_matter_whatever_they_are(pieces: list[bytes]) -> None:
    meter = MessageMeter()
    for piece in pieces:
        meter.feed(piece)
    whole = MessageMeter()
    whole.feed(b"".join(pieces))
    assert (state(meter), meter.violation) == (state(whole), whole.violation)
