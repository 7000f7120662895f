"""What RFC 6455 asks of a server, rule by rule: what a client sends, and how the server has to react.

A reaction is told in a few words: the HTTP status, or `answer`, `pong …`, `close …` with its code; `end`: the
server has ended the connection, else `served`: it has answered a good request that followed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.unit.server.conftest import MAX_MESSAGE_BYTES
from tests.unit.server.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MASK,
    PING,
    PONG,
    SUBPROTOCOL,
    TEXT,
    Header,
    frame,
    masked,
    request,
)

LAST = "last"
_INFO = request("bridge.info", "株").replace("\\u682a", "株")
_DATA = _INFO.encode()
_CUT = _DATA.index("株".encode()) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """`changes` as of `wire.opening`; `after` follows in the same segment."""

    section: str
    what: str
    reaction: str
    changes: dict[str, Header] = field(default_factory=dict)
    line: str = "GET /v1 HTTP/1.1"
    after: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """`data` is sent on an open connection; then comes a good request whose id is `LAST`."""

    section: str
    what: str
    data: bytes
    reaction: str


def _handshakes() -> Iterator[tuple[str, str, str, dict[str, Header]]]:
    """Section, what, reaction, changes."""
    yield "4.2.1.2", "no Host", "400", {"Host": None}
    yield "4.2.1.3", "no Upgrade", "426 version 13", {"Upgrade": None}
    yield "4.2.1.3", "Upgrade to another protocol", "426 version 13", {"Upgrade": "h2c"}
    yield "4.2.1.3", "Upgrade in other letters", "101 accepted", {"Upgrade": "WebSocket"}
    yield "4.2.1.4", "no Connection", "426 version 13", {"Connection": None}
    yield "4.2.1.4", "Connection with other tokens", "101 accepted", {"Connection": "keep-alive, UPGRADE"}
    yield "4.2.1.5", "no key", "400", {"Sec-WebSocket-Key": None}
    yield "4.2.1.5", "a key of 15 bytes", "400", {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA"}
    yield "4.2.1.5", "a key that is not base64", "400", {"Sec-WebSocket-Key": "********************=="}
    yield "4.2.1.6", "no version", "426 version 13", {"Sec-WebSocket-Version": None}
    yield "4.4", "version 8", "426 version 13", {"Sec-WebSocket-Version": "8"}
    yield "4.4", "version 14", "426 version 13", {"Sec-WebSocket-Version": "14"}
    yield "4.2.1.7", "no Origin (this server wants one)", "403", {"Origin": None}
    yield "4.2.1.8", "no subprotocol (this server wants one)", "400", {"Sec-WebSocket-Protocol": None}
    yield "4.2.2.5.5", "the subprotocol among others", "101 accepted", {
        "Sec-WebSocket-Protocol": f"chat, {SUBPROTOCOL}"
    }  # fmt: skip
    yield "11.3.4", "subprotocols in two header fields", "101 accepted", {
        "Sec-WebSocket-Protocol": ["chat", SUBPROTOCOL]
    }  # fmt: skip
    yield "9.1", "an extension is offered: none is taken", "101 accepted", {
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"
    }  # fmt: skip
    yield "4.2.1", "an unknown header field", "101 accepted", {"X-Unknown": "a"}


HANDSHAKES = [
    Handshake(section="4.2.2.5", what="as it should be", reaction="101 accepted"),
    Handshake(section="4.2.1.1", what="POST", reaction="405", line="POST /v1 HTTP/1.1"),
    Handshake(section="4.2.1.1", what="HTTP/1.0", reaction="426 version 13", line="GET /v1 HTTP/1.0"),
    Handshake(section="4.2.2.4", what="another resource", reaction="404", line="GET /chat HTTP/1.1"),
    *(
        Handshake(section=section, what=what, reaction=reaction, changes=changes)
        for section, what, reaction, changes in _handshakes()
    ),
]


def _closing(code: int, reason: bytes = b"") -> bytes:
    return frame(struct.pack("!H", code) + reason, CLOSE)


def _cut(*places: int) -> bytes:
    """The good request in fragments."""
    marks = [0, *places, len(_DATA)]
    parts = [_DATA[a:b] for a, b in zip(marks, marks[1:], strict=False)]
    return b"".join(
        frame(part, CONTINUATION if number else TEXT, is_final=number == len(parts) - 1)
        for number, part in enumerate(parts)
    )


def _lengths() -> Iterator[tuple[str, str, bytes, str]]:
    for size in (125, 126, 127, 65535, MAX_MESSAGE_BYTES):
        yield "5.2", f"a message of {size} bytes", frame(_INFO + " " * (size - len(_DATA))), "answer served"
    longer = b"\x81\xfe" + struct.pack("!H", len(_DATA)) + MASK + masked(_DATA)
    yield "5.2", "16 bits for a length that fits in 7 (tolerated)", longer, "answer served"
    longest = b"\x81\xff" + struct.pack("!Q", len(_DATA)) + MASK + masked(_DATA)
    yield "5.2", "64 bits for it (tolerated)", longest, "answer served"
    yield (
        "5.2",
        "the highest bit of a 64-bit length",
        b"\x81\xff" + struct.pack("!Q", 2**63) + MASK,
        "close 1009 end",
    )


def _frames() -> Iterator[tuple[str, str, bytes, str]]:
    """Section, what, data, reaction."""
    yield "5.1", "a frame without mask", frame(_INFO, is_masked=False), "close 1002 end"
    yield "5.1", "a ping without mask", frame(b"x", PING, is_masked=False), "close 1002 end"
    yield "5.1", "a close without mask", frame(b"\x03\xe8", CLOSE, is_masked=False), "close 1002 end"
    for bit, name in ((4, "RSV1"), (2, "RSV2"), (1, "RSV3")):
        yield "5.2", f"{name} without an extension", frame(_INFO, reserved=bit), "close 1002 end"
        yield "5.2", f"{name} on a ping", frame(b"", PING, reserved=bit), "close 1002 end"
    for opcode in (*range(3, 8), *range(0xB, 0x10)):
        yield "5.2", f"reserved opcode {opcode:X}", frame(b"", opcode), "close 1002 end"
    yield from _lengths()
    yield "5.3", "a mask of zeros", b"\x81" + bytes([0x80 | len(_DATA)]) + bytes(4) + _DATA, "answer served"
    yield "5.4", "two fragments", _cut(20), "answer served"
    yield "5.4", "a fragment for each byte", _cut(*range(1, len(_DATA))), "answer served"
    yield "5.4", "empty fragments", _cut(0, 20, 20, len(_DATA)), "answer served"
    between = frame(_DATA[:9], is_final=False) + frame(b"hi", PING) + frame(_DATA[9:], CONTINUATION)
    yield "5.4", "a ping between fragments", between, "pong hi answer served"
    yield (
        "5.4",
        "a pong between fragments",
        between.replace(frame(b"hi", PING), frame(b"", PONG)),
        "answer served",
    )
    yield "5.4", "a close between fragments", frame("{", is_final=False) + _closing(1000), "close 1000 end"
    yield "5.4", "a text between fragments", frame("{", is_final=False) + frame("}"), "close 1002 end"
    yield (
        "5.4",
        "a binary between fragments",
        frame("{", is_final=False) + frame(b"", BINARY),
        "close 1002 end",
    )
    yield "5.4", "a continuation of nothing", frame("", CONTINUATION), "close 1002 end"
    yield "5.4", "a continuation after the last", _cut(9) + frame("", CONTINUATION), "close 1002 end"
    yield "5.5", "a ping in fragments", frame(b"", PING, is_final=False), "close 1002 end"
    yield "5.5", "a close in fragments", frame(b"", CLOSE, is_final=False), "close 1002 end"
    for opcode, name in ((PING, "ping"), (PONG, "pong"), (CLOSE, "close")):
        yield "5.5", f"a {name} of 126 bytes", frame(b"\x03\xe8" + b"x" * 124, opcode), "close 1002 end"
    yield "5.5.2", "a ping of 125 bytes", frame(b"x" * 125, PING), f"pong {'x' * 125} served"
    yield "5.5.2", "an empty ping", frame(b"", PING), "pong served"
    yield (
        "5.5.2",
        "three pings",
        b"".join(frame(n, PING) for n in (b"1", b"2", b"3")),
        "pong 1 pong 2 pong 3 served",
    )
    yield "5.5.3", "a pong that nobody asked for", frame(b"x", PONG), "served"
    yield "5.6", "binary data (this server wants none)", frame(b"x", BINARY), "close 1003 end"
    yield from _closings()
    yield from _texts()
    yield "10.4", "a message of one byte too many", frame(" " * (MAX_MESSAGE_BYTES + 1)), "close 1009 end"
    half = " " * (MAX_MESSAGE_BYTES // 2 + 1)
    yield (
        "10.4",
        "fragments of one byte too many",
        frame(half, is_final=False) + frame(half, CONTINUATION),
        ("close 1009 end"),
    )


def _closings() -> Iterator[tuple[str, str, bytes, str]]:
    yield "5.5.1", "a close without a code", frame(b"", CLOSE), "close 1000 end"
    yield "5.5.1", "a close of one byte", frame(b"\x03", CLOSE), "close 1002 end"
    yield "5.5.1", "data after a close", _closing(1000) + frame(_INFO), "close 1000 end"
    yield "5.5.1", "a ping after a close", _closing(1000) + frame(b"x", PING), "close 1000 end"
    yield "5.5.1", "two closes", _closing(1000) * 2, "close 1000 end"
    yield "7.1.7", "data after a broken frame", frame("", 3) + frame(_INFO), "close 1002 end"
    yield "7.1.6", "a reason", _closing(1001, "さようなら".encode()), "close 1000 end"
    yield "7.1.6", "a reason that is not UTF-8", _closing(1000, b"\xff"), "close 1007 end"
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield "7.4", f"close with {code}", _closing(code), "close 1000 end"
    yield "7.4.1", "close with 1006 (tolerated)", _closing(1006), "close 1000 end"
    for code in (0, 999, 1004, 1005, 1015, 1016, 1100, 2000, 2999):
        yield "7.4", f"close with {code}", _closing(code), "close 1002 end"


def _texts() -> Iterator[tuple[str, str, bytes, str]]:
    yield "8.1", "a character cut by a fragment", _cut(_CUT), "answer served"
    for name, data in {
        "a lone continuation byte": b"\x80", "an overlong form": b"\xc0\xaf", "a surrogate": b"\xed\xa0\x80",
        "beyond U+10FFFF": b"\xf4\x90\x80\x80", "FE": b"\xfe", "a character cut off": "株".encode()[:2],
        "a start before ASCII": b"\xe6a",
    }.items():  # fmt: skip
        yield "8.1", f"{name}", frame(data), "close 1007 end"
        two = frame(data[:1], is_final=False) + frame(data[1:], CONTINUATION)
        yield "8.1", f"{name}, in two fragments", two, "close 1007 end"


EXCHANGES = [
    Exchange(section=section, what=what, data=data, reaction=reaction)
    for section, what, data, reaction in _frames()
]
