"""Frames that RFC 6455 or the contract refuses, and those that only look unusual."""

from __future__ import annotations

import json
import struct

import pytest

from tests.unit.server.conftest import MAX_MESSAGE_BYTES
from tests.unit.server.running import Daemon
from tests.unit.server.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MASK,
    PING,
    PONG,
    TEXT,
    Wire,
    connected,
    frame,
    masked,
    request,
)

INFO = request("bridge.info")


def padded(size: int) -> str:
    """A valid request of `size` bytes."""
    return INFO + " " * (size - len(INFO))


def closing_after(daemon: Daemon, data: bytes) -> int:
    with connected(daemon.port) as wire:
        wire.send(data)
        return wire.closing()


VIOLATIONS = {
    "unmasked text": frame(INFO, is_masked=False),
    "unmasked ping": frame(b"x", PING, is_masked=False),
    "unmasked close": frame(struct.pack("!H", 1000), CLOSE, is_masked=False),
    "RSV1": frame(INFO, reserved=4),
    "RSV2": frame(INFO, reserved=2),
    "RSV3": frame(INFO, reserved=1),
    "RSV1 on a ping": frame(b"x", PING, reserved=4),
    "opcode 3": frame(b"", 0x3),
    "opcode 7": frame(b"x", 0x7),
    "opcode 11": frame(b"", 0xB),
    "opcode 15": frame(b"x", 0xF),
    "fragmented ping": frame(b"x", PING, is_final=False),
    "fragmented close": frame(struct.pack("!H", 1000), CLOSE, is_final=False),
    "ping of 126 bytes": frame(b"x" * 126, PING),
    "close of 126 bytes": frame(struct.pack("!H", 1000) + b"x" * 124, CLOSE),
    "continuation of nothing": frame(INFO, CONTINUATION),
    "last continuation twice": frame(INFO[:9], is_final=False)
    + frame(INFO[9:], CONTINUATION)
    + frame("", CONTINUATION),
    "text in a text": frame("{", is_final=False) + frame("}"),
    "text in an empty text": frame("", is_final=False) + frame(INFO),
    "binary in a text": frame("{", is_final=False) + frame(b"}", BINARY),
    "close of one byte": frame(b"\x03", CLOSE),
    "close code 999": frame(struct.pack("!H", 999), CLOSE),
    "close code 1004": frame(struct.pack("!H", 1004), CLOSE),
    "close code 1005": frame(struct.pack("!H", 1005), CLOSE),
    "close code 1015": frame(struct.pack("!H", 1015), CLOSE),
}


@pytest.mark.parametrize("data", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_protocol_error(daemon: Daemon, data: bytes) -> None:
    assert closing_after(daemon, data) == 1002


def test_protocol_error_in_the_middle_of_a_head(daemon: Daemon) -> None:
    """Nobody waits for the rest of a frame that is wrong already."""
    assert closing_after(daemon, b"\x81\x7f") == 1002


def test_a_frame_that_breaks_a_rule_is_not_read(daemon: Daemon) -> None:
    for data in (frame(INFO, is_masked=False), frame(INFO, is_masked=False) * 50):
        with connected(daemon.port) as wire:
            wire.send(data)
            assert wire.read_frame().opcode == CLOSE, "and no answer before it"


def test_message_of_the_greatest_size(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        assert "result" in wire.exchange(padded(MAX_MESSAGE_BYTES))


def in_two(text: str) -> bytes:
    return frame(text[:1000], is_final=False) + frame(text[1000:], CONTINUATION)


TOO_LARGE = {
    "one byte more": frame(padded(MAX_MESSAGE_BYTES + 1)),
    "in two frames": in_two(padded(MAX_MESSAGE_BYTES + 1)),
    "much more, all of it sent": frame(padded(MAX_MESSAGE_BYTES * 40)),
    "announced only": b"\x81\xff" + struct.pack("!Q", 2**40) + MASK,
    "more than a signed length": b"\x81\xff" + struct.pack("!Q", 2**63) + MASK,
    "binary": frame(bytes(MAX_MESSAGE_BYTES + 1), BINARY),
}


@pytest.mark.parametrize("data", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_message_too_large(daemon: Daemon, data: bytes) -> None:
    assert closing_after(daemon, data) == 1009


@pytest.mark.parametrize("data", [frame(b"", BINARY), frame(b"\x00\x01", BINARY), frame(INFO, BINARY)])
def test_binary_frame(daemon: Daemon, data: bytes) -> None:
    assert closing_after(daemon, data) == 1003


BAD_UTF8 = {
    "lone continuation byte": b'{"a":"\x80"}',
    "overlong": b'{"a":"\xc0\xaf"}',
    "surrogate": b'{"a":"\xed\xa0\x80"}',
    "beyond U+10FFFF": b'{"a":"\xf4\x90\x80\x80"}',
    "cut off": "株".encode()[:2],
    "Shift_JIS": "株式会社".encode("cp932"),
}


@pytest.mark.parametrize("data", BAD_UTF8.values(), ids=BAD_UTF8.keys())
def test_bad_utf8(daemon: Daemon, data: bytes) -> None:
    assert closing_after(daemon, frame(data)) == 1007
    split = frame(data[:1], is_final=False) + frame(data[1:], CONTINUATION)
    assert closing_after(daemon, split) == 1007


def test_bad_utf8_in_a_close_reason(daemon: Daemon) -> None:
    assert closing_after(daemon, frame(struct.pack("!H", 1000) + b"\xff", CLOSE)) == 1007


def test_fragments(daemon: Daemon) -> None:
    """In three, in empty ones, a character cut in two, with a ping between that is answered at once."""
    text = request("bridge.info", "株").encode()
    assert text != json.dumps(json.loads(text), ensure_ascii=False).encode()
    text = text.replace(b"\\u682a", "株".encode())
    cut = text.index("株".encode()) + 1
    with connected(daemon.port) as wire:
        wire.send(frame(text[:cut], is_final=False))
        wire.send(frame(b"between", PING))
        pong = wire.read_frame()
        assert (pong.opcode, pong.payload) == (PONG, b"between")
        wire.send(frame(b"", CONTINUATION, is_final=False))
        wire.send(frame(text[cut:], CONTINUATION))
        assert wire.read_message()["id"] == "株"
        wire.send(
            b"".join(
                frame(text[i : i + 1], TEXT if i == 0 else 0, is_final=i == len(text) - 1)
                for i in range(len(text))
            )
        )
        assert wire.read_message()["id"] == "株"


def test_frames_byte_by_byte(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        for data in (frame(INFO), frame(padded(200)), frame(b"x", PING)):
            for position in range(len(data)):
                wire.send(data[position : position + 1])
        assert sorted(wire.read_frame().opcode for _ in range(3)) == [TEXT, TEXT, PONG]


def test_longer_length_fields_than_needed(daemon: Daemon) -> None:
    data = INFO.encode()
    with connected(daemon.port) as wire:
        wire.send(b"\x81\xfe" + struct.pack("!H", len(data)) + MASK + masked(data))
        assert "result" in wire.read_message()
        wire.send(b"\x81\xff" + struct.pack("!Q", len(data)) + MASK + masked(data))
        assert "result" in wire.read_message()


@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(125))])
def test_ping(daemon: Daemon, payload: bytes) -> None:
    with connected(daemon.port) as wire:
        wire.send(frame(payload, PING))
        pong = wire.read_frame()
        assert (pong.first, pong.is_masked, pong.payload) == (0x80 | PONG, False, payload)


def test_unasked_pong_is_ignored(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        wire.send(frame(b"x", PONG) + frame(INFO))
        assert wire.read_message()["id"] == 1


@pytest.mark.parametrize(
    "payload",
    [b"", struct.pack("!H", 1000), struct.pack("!H", 1001) + "さようなら".encode(), struct.pack("!H", 4999)],
)
def test_closing_handshake(daemon: Daemon, payload: bytes) -> None:
    with connected(daemon.port) as wire:
        wire.send(frame(payload, CLOSE))
        closing = wire.read_frame()
        assert closing.opcode == CLOSE
        assert wire.read_to_end() == b""


def test_nothing_is_served_after_a_close(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        wire.send(frame(struct.pack("!H", 1000), CLOSE) + frame(INFO))
        assert wire.read_frame().opcode == CLOSE
        assert wire.read_to_end() == b""


def test_a_connection_that_breaks_off(daemon: Daemon) -> None:
    for data in (b"", frame(INFO), frame(INFO)[:-1], b"\x81", frame("{", is_final=False)):
        wire = connected(daemon.port)
        wire.send(data)
        wire.socket.close()


def test_a_client_that_sends_its_end_of_stream_only(daemon: Daemon) -> None:
    with connected(daemon.port) as wire:
        wire.socket.shutdown(1)
        assert Wire.read_to_end(wire) in (b"", b"\x88\x02\x03\xe8")
