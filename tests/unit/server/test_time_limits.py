"""Time limits, with shorter constants: nothing here asserts how fast something is."""

from __future__ import annotations

import asyncio
import struct

import pytest

from bridge.server import connection, sockets
from tests.unit.server.hosted import hosted
from tests.unit.server.running import eventually
from tests.unit.server.wire import (
    CONTINUATION,
    PING,
    PONG,
    Ended,
    Wire,
    connected,
    frame,
    opening,
    request,
    serves,
)

INFO = request("bridge.info")
SHORT_S = 0.4


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "UNFINISHED_S", SHORT_S)


def test_limits_of_the_contract() -> None:
    """The fixture above shortens it only inside these tests."""
    assert sockets.SILENT_S == 240.0
    assert connection.SEND_TIMEOUT_S == 10.0
    assert connection.MAX_IN_FLIGHT == 64


def trickled(wire: Wire, data: bytes) -> None:
    """Send one byte at a time until the server ends the connection."""
    wire.socket.settimeout(SHORT_S / 10)
    with pytest.raises(Ended):
        for position in range(len(data)):
            wire.send(data[position : position + 1])
            try:
                wire.read(1)
            except TimeoutError:
                continue
        wire.socket.settimeout(30)
        wire.read(1)


def test_head_is_trickled_while_others_wait_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server, Wire(server.port) as silent, Wire(server.port) as trickling:
        trickled(trickling, opening(server.port, {"X": "a" * 4000}))
        silent.greeted()
        serves(server.port)


def test_silence_has_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SILENT_S", SHORT_S)
    with hosted(monkeypatch) as server, Wire(server.port) as silent:
        with pytest.raises(Ended):
            silent.read(1)
        monkeypatch.setattr(sockets, "SILENT_S", 240.0)
        serves(server.port)


UNFINISHED = {
    "one byte": b"\x81",
    "head": frame("x" * 300)[:3],
    "payload": frame(INFO)[:-1],
    "mask": frame(INFO)[:4],
    "fragment": frame("{", is_final=False),
    "fragments": frame("{", is_final=False) + frame(" ", CONTINUATION, is_final=False),
    "behind a finished one": frame(INFO) + frame(INFO)[:-1],
    "control frame": frame(b"x", PING)[:-1],
}


@pytest.mark.parametrize("data", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_message_unfinished(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    with hosted(monkeypatch) as server, connected(server.port) as idle, connected(server.port) as wire:
        wire.send(data)
        assert wire.closing() == 4408
        assert "result" in idle.call("bridge.info"), "an idle connection stays"
        serves(server.port)


def test_unfinished_in_the_handshakes_own_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server, Wire(server.port) as wire:
        wire.send(opening(server.port) + frame(INFO)[:-1])
        assert wire.read_head()[0] == 101
        assert wire.closing() == 4408


@pytest.mark.parametrize("filler", [frame(b"", PING), frame("", CONTINUATION, is_final=False)])
def test_fillers_buy_no_time(monkeypatch: pytest.MonkeyPatch, filler: bytes) -> None:
    """Pings between fragments and empty fragments do not finish the message."""
    with hosted(monkeypatch) as server, connected(server.port) as wire:
        wire.send(frame("{", is_final=False))
        wire.socket.settimeout(SHORT_S / 10)
        while True:
            wire.send(filler)
            try:
                received = wire.read_frame()
            except TimeoutError:
                continue
            if received.opcode != PONG:
                break
        assert received.close_code == 4408
        serves(server.port)


async def test_finished_messages_start_the_time_again() -> None:
    """Each message has its own time: more bytes of the same one buy none, the next one has all of it."""
    limited = sockets.LimitedSocket(
        lambda *_: asyncio.Protocol(), sockets.Phases(max_silent=1, max_connections=1)
    )
    limited.opened(lambda code, reason: None)
    data = frame(INFO)
    limited.frames_received(data[:5])
    first = limited._timer
    limited.frames_received(data[5:9])
    assert first is not None and limited._timer is first
    limited.frames_received(data[9:])
    assert limited._timer is None and first.cancelled()
    limited.frames_received(data[:5])
    second = limited._timer
    limited.frames_received(data[5:] + data[:5])
    assert second is not None and second.cancelled()
    assert limited._timer not in (None, second)


def test_a_client_that_never_reads_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fills its own buffers, with answers or with pongs; the others are served, and then it is dropped."""
    monkeypatch.setattr(connection, "SEND_TIMEOUT_S", SHORT_S)
    monkeypatch.setattr(sockets, "UNFINISHED_S", 600.0)
    for data in (frame(request("x" * 5000)) * 50, frame(b"x" * 125, PING) * 2000):
        with hosted(monkeypatch) as server, connected(server.port) as deaf, connected(server.port) as other:
            with pytest.raises(ConnectionError):
                while True:
                    deaf.send(data)
                    assert "result" in other.call("bridge.info")
            serves(server.port)


@pytest.mark.parametrize("unfinished_s", [SHORT_S, 600.0])
def test_full_buffers_hold_nothing_back(monkeypatch: pytest.MonkeyPatch, unfinished_s: float) -> None:
    """No close frame can be sent, for an unfinished message or at the end: it is dropped all the same."""
    monkeypatch.setattr(connection, "SEND_TIMEOUT_S", 600.0)
    monkeypatch.setattr(sockets, "UNFINISHED_S", unfinished_s)
    with hosted(monkeypatch) as server, connected(server.port) as deaf:
        deaf.socket.settimeout(1)
        with pytest.raises((TimeoutError, ConnectionError)):
            while True:
                deaf.send(frame(b"x" * 125, PING) * 2000)
        serves(server.port)
        if unfinished_s == SHORT_S:
            eventually(lambda: assert_in(1, server.closed))
        server.stop()
    assert 1 in server.closed


def assert_in(member: object, found: list[int]) -> None:
    assert member in found


def test_close_that_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server, connected(server.port) as wire:
        wire.send(frame(b"", 0x2))
        assert wire.read_frame().close_code == 1003
        assert wire.read_to_end() == b""
        serves(server.port)


def test_linger_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that goes on sending after the close frame is dropped."""
    monkeypatch.setattr(sockets, "LINGER_S", SHORT_S)
    with hosted(monkeypatch, max_message_bytes=65536) as server, connected(server.port) as wire:
        wire.send(b"\x81\xff" + struct.pack("!Q", 2**40) + bytes(4))
        assert wire.read_frame().close_code == 1009
        with pytest.raises(ConnectionError):
            while True:
                wire.send(bytes(65536))
        serves(server.port)
