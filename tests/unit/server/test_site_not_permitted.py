"""An origin that is not on the list: the handshake completes, one close frame, nothing read."""

from __future__ import annotations

import pytest

from tests.unit.server.running import Daemon
from tests.unit.server.wire import (
    CLOSE,
    FOREIGN_ORIGIN,
    ORIGIN,
    Ended,
    Header,
    Wire,
    frame,
    opening,
    request,
)

ORIGINS = {
    "another site": FOREIGN_ORIGIN,
    "a subdomain": "https://sub.portal.example.jp",
    "the parent": "https://example.jp",
    "a name that begins so": "https://portal.example.jp.evil.example",
    "a name that ends so": "https://evil-portal.example.jp",
    "trailing dot": "https://portal.example.jp.",
    "http": "http://portal.example.jp",
    "another port": "https://portal.example.jp:8443",
    "a path": "https://portal.example.jp/",
    "user information": "https://portal.example.jp@evil.example",
    "two in one header": f"{ORIGIN}, {FOREIGN_ORIGIN}",
    "two with a space": f"{ORIGIN} {FOREIGN_ORIGIN}",
    "an extension": "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "Firefox's extension": "moz-extension://6f1b2c9e-0000-4000-8000-000000000000",
    "a file": "file://",
    "loopback": "http://127.0.0.1:8000",
    "wide letters": "https://ｐortal.example.jp",
    "NULL in capitals": "NULL",
    "javascript": "javascript:alert(1)",
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
def test_one_close_frame(daemon: Daemon, origin: str) -> None:
    with Wire(daemon.port) as wire:
        wire.upgrade({"Origin": origin})
        closing = wire.read_frame()
        assert (closing.opcode, closing.close_code, closing.is_masked) == (CLOSE, 4403, False)
        wire.send(frame(closing.payload, CLOSE))
        assert wire.read_to_end() == b"", "no hello, and no second close frame"


@pytest.mark.parametrize("origin", [ORIGIN, "HTTPS://Portal.Example.JP", f"{ORIGIN}:443"])
def test_same_tuple_is_the_same_origin(daemon: Daemon, origin: str) -> None:
    with Wire(daemon.port) as wire:
        wire.greeted({"Origin": origin})


@pytest.mark.parametrize("is_early", [True, False])
def test_nothing_is_read(daemon: Daemon, is_early: bool) -> None:
    """Requests, pings, broken frames: none of them is answered, before the close frame or after it."""
    foreign: dict[str, Header] = {"Origin": FOREIGN_ORIGIN}
    sent = frame(request("bridge.info")) + frame(b"x", 0x9) + frame(b"\xff\xfe") + frame(b"", 0x3)
    with Wire(daemon.port) as wire:
        wire.send(opening(daemon.port, foreign) + (sent if is_early else b""))
        assert wire.read_head()[0] == 101
        assert wire.read_frame().close_code == 4403
        if not is_early:
            wire.send(sent)
        assert wire.read_to_end() == b""


def test_a_page_that_does_not_answer_the_close_is_dropped(daemon: Daemon) -> None:
    with Wire(daemon.port) as wire:
        wire.upgrade({"Origin": FOREIGN_ORIGIN})
        assert wire.read_frame().close_code == 4403
        with pytest.raises(Ended):
            wire.read(1)


def test_a_flood_is_dropped(daemon: Daemon) -> None:
    with Wire(daemon.port) as wire:
        wire.upgrade({"Origin": FOREIGN_ORIGIN})
        try:
            for _ in range(200):
                wire.send(frame(b"x" * 60000))
        except ConnectionError:
            pass
        assert wire.read_frame().close_code == 4403
        assert wire.read_to_end() == b""
