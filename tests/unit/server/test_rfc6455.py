"""Every rule of RFC 6455 for a server, against the real daemon; RFC6455.md tells of all of them.

`make rfc6455` writes the file anew; in a test run it has to be what was just observed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.server.rfc6455 import EXCHANGES, HANDSHAKES, LAST, Exchange, Handshake
from tests.unit.server.running import Daemon
from tests.unit.server.wire import (
    ACCEPT,
    CLOSE,
    PONG,
    SUBPROTOCOL,
    TEXT,
    Ended,
    Wire,
    connected,
    frame,
    opening,
    request,
)

TABLE = Path(__file__).with_name("RFC6455.md")
CASES: list[Handshake | Exchange] = [*HANDSHAKES, *EXCHANGES]
HEAD = """# RFC 6455, rule by rule

Written by `make rfc6455`; do not edit. What a client sends to the running daemon, and what it observes: the
HTTP status; or what comes back until the connection is at its `end`, or a good request that follows is
`served`.
The Autobahn test suite is not used: it needs Python 2, and a server that echoes.

| section | what is sent | reaction |
|---|---|---|
"""


def names(cases: Sequence[Handshake | Exchange]) -> list[str]:
    return [f"{case.section} {case.what}" for case in cases]


def of_handshake(port: int, case: Handshake) -> str:
    with Wire(port) as wire:
        wire.send(opening(port, case.changes, line=case.line))
        status, headers = wire.read_head()
        if status != 101:
            assert wire.read_to_end()
            return f"{status} version 13" if headers.get("sec-websocket-version") == "13" else str(status)
        assert wire.read_message()["method"] == "bridge.hello"
        assert (headers["upgrade"].lower(), headers["connection"].lower()) == ("websocket", "upgrade")
        assert headers["sec-websocket-accept"] == ACCEPT
        assert headers["sec-websocket-protocol"] == SUBPROTOCOL
        return "101 accepted" if "sec-websocket-extensions" not in headers else "101 with an extension"


def of_exchange(port: int, case: Exchange) -> str:
    """The frames that come, in order; every one of them without a mask (section 5.1)."""
    seen: list[str] = []
    with connected(port) as wire:
        try:
            wire.send(case.data + frame(request("bridge.info", LAST)))
            while True:
                received = wire.read_frame()
                assert not received.is_masked and received.first & 0xF0 == 0x80
                if received.opcode == TEXT:
                    if f'"{LAST}"'.encode() in received.payload:
                        return " ".join([*seen, "served"])
                    seen.append("answer")
                elif received.opcode == PONG:
                    seen.append(f"pong {received.payload.decode()}".rstrip())
                elif received.opcode == CLOSE:
                    seen.append(f"close {received.close_code}" if received.payload else "close")
                    wire.send(frame(received.payload[:2], CLOSE))
                    assert wire.read_to_end() == b"", "the server ends the connection first (7.1.1)"
                    return " ".join([*seen, "end"])
        except (Ended, ConnectionError):
            return " ".join([*seen, "end"])


@pytest.mark.parametrize("case", HANDSHAKES, ids=names(HANDSHAKES))
def test_opening_handshake(daemon: Daemon, case: Handshake) -> None:
    assert of_handshake(daemon.port, case) == case.reaction


@pytest.mark.parametrize("case", EXCHANGES, ids=names(EXCHANGES))
def test_frames(daemon: Daemon, case: Exchange) -> None:
    assert of_exchange(daemon.port, case) == case.reaction


def shortened(reaction: str) -> str:
    return reaction if len(reaction) < 60 else reaction[:20] + "…" + reaction[-20:]


def test_the_table_tells_of_all() -> None:
    """The reactions are those that the tests above have just observed, or one of them has failed."""
    rows = "".join(f"| {case.section} | {case.what} | {shortened(case.reaction)} |\n" for case in CASES)
    if os.environ.get("CARDBRIDGE_RFC6455") == "write":
        TABLE.write_text(HEAD + rows, "utf-8")
    assert TABLE.read_text("utf-8") == HEAD + rows
