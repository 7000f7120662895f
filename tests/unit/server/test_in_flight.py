"""Requests of one connection that overlap, are cancelled, or end with it."""

from __future__ import annotations

import json
import struct
import tracemalloc
from collections.abc import Iterator

import pytest

from bridge.core.reader_table import PcscReader, PcscReaders
from bridge.server.connection import MAX_IN_FLIGHT
from tests.unit.server.hosted import Hosted, hosted
from tests.unit.server.running import eventually
from tests.unit.server.test_messages import assert_error
from tests.unit.server.wire import BINARY, CLOSE, Wire, connected, frame, request, serves

WAIT = "test.wait"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    with hosted(monkeypatch) as running:
        yield running
        running.gate.open()
        if not running.is_stopping:
            serves(running.port)


def assert_equal(found: object, expected: object) -> None:
    assert found == expected


def cancel(id: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}})


def test_requests_overlap(server: Hosted) -> None:
    with connected(server.port) as wire:
        wire.say(request(WAIT, "slow"))
        assert "result" in wire.call("bridge.info", id="fast")
        server.gate.open()
        assert wire.read_message() == {"jsonrpc": "2.0", "id": "slow", "result": {}}


def test_id_in_flight(server: Hosted) -> None:
    """The second is refused without an id, so that it cannot be taken for the answer to the first."""
    with connected(server.port) as wire:
        wire.say(request(WAIT, 1))
        assert_error(wire.exchange(request("bridge.info", 1)), -32600, "invalidRequest", None)
        assert "result" in wire.call("bridge.info", id="1"), "another id: text, not a number"
        with connected(server.port) as other:
            assert "result" in other.call("bridge.info", id=1)
        server.gate.open()
        assert wire.read_message()["id"] == 1
        assert "result" in wire.call("bridge.info", id=1), "free again"
        assert server.gate.arrived == 1


def test_too_many_in_flight(server: Hosted) -> None:
    with connected(server.port) as wire:
        for id in range(MAX_IN_FLIGHT):
            wire.say(request(WAIT, id))
        assert_error(wire.exchange(request(WAIT, "more")), -32004, "busy", "more")
        with connected(server.port) as other:
            assert "result" in other.call("bridge.info")
        wire.say(cancel(7))
        assert wire.read_message()["id"] == 7
        assert "result" in wire.call("bridge.info", id="again")
        server.gate.open()
        left = {wire.read_message()["id"] for _ in range(MAX_IN_FLIGHT - 1)}
        assert left == set(range(MAX_IN_FLIGHT)) - {7}


def test_requests_that_wait_keep_no_message(server: Hosted) -> None:
    """A page could fill the memory with blanks, in requests that wait for the card."""
    padded = " " * 1_000_000
    with connected(server.port) as wire:
        tracemalloc.start()
        try:
            for id in range(40):
                wire.say(request(WAIT, id, {}) + padded)
            server.gate.until(arrived=40)
            assert "result" in wire.call("bridge.info", id="and nothing is being read")
            assert tracemalloc.get_traced_memory()[0] < 10_000_000
        finally:
            tracemalloc.stop()
        server.gate.open()
        for _ in range(40):
            wire.read_message()


def test_cancel(server: Hosted) -> None:
    with connected(server.port) as wire:
        wire.say(request(WAIT, 1))
        wire.say(request(WAIT, "1"))
        server.gate.until(arrived=2)
        assert_error(wire.exchange(cancel("1")), -32002, "userCancelled", "1")
        assert server.gate.cleaned == [1]
        server.gate.open()
        assert wire.read_message() == {"jsonrpc": "2.0", "id": 1, "result": {}}


@pytest.mark.parametrize("method", ["test.cancel", "cancel", "$/Cancel", "$/progress", "bridge.info"])
def test_another_notification_cancels_nothing(server: Hosted, method: str) -> None:
    with connected(server.port) as wire:
        wire.say(request(WAIT, 1))
        wire.say(cancel(1).replace("$/cancel", method))
        assert "result" in wire.call("bridge.info", id=2)
        assert server.gate.cancelled == []
        server.gate.open()
        assert wire.read_message()["id"] == 1


def test_cancel_in_the_same_segment(server: Hosted) -> None:
    """It has not begun when it is cancelled; it is answered all the same."""
    with connected(server.port) as wire:
        wire.send(b"".join(frame(request(WAIT, id)) + frame(cancel(id)) for id in range(20)))
        for id in range(20):
            assert_error(wire.read_message(), -32002, "userCancelled", id)
        assert "result" in wire.call("bridge.info", id=3)


def test_cancel_twice_does_not_disturb_the_cleaning_up(server: Hosted) -> None:
    server.gate.may_clean.clear()
    with connected(server.port) as wire:
        wire.say(request(WAIT, 1))
        wire.say(cancel(1))
        server.gate.until(cancelled=1)
        wire.say(cancel(1))
        assert_error(wire.exchange(request("bridge.info", 1)), -32600, "invalidRequest", None)
        server.gate.may_clean.set()
        assert_error(wire.read_message(), -32002, "userCancelled", 1)
        assert server.gate.cleaned == [0]


def test_cancel_then_close_does_not_disturb_the_cleaning_up(server: Hosted) -> None:
    server.gate.may_clean.clear()
    with connected(server.port) as wire:
        wire.say(request(WAIT, 1))
        wire.say(cancel(1))
        server.gate.until(cancelled=1)
        wire.send(frame(struct.pack("!H", 1000), CLOSE))
        assert wire.read_frame().opcode == CLOSE
        server.gate.may_clean.set()
        server.gate.until(cleaned=1)


ENDINGS = {
    "close frame": frame(struct.pack("!H", 1001), CLOSE),
    "binary frame": frame(b"x", BINARY),
    "bad UTF-8": frame(b"\xff"),
    "protocol error": frame("x", is_masked=False),
    "break": b"",
}


@pytest.mark.parametrize("data", ENDINGS.values(), ids=ENDINGS.keys())
def test_the_end_of_a_connection_cancels_its_own_requests(server: Hosted, data: bytes) -> None:
    with connected(server.port) as other:
        other.say(request(WAIT, 1))
        server.gate.until(arrived=1)
        with connected(server.port) as wire:
            for id in range(3):
                wire.say(request(WAIT, id))
            server.gate.until(arrived=4)
            if data:
                wire.send(data)
                assert wire.read_frame().opcode == CLOSE
        server.gate.until(cleaned=3)
        assert sorted(server.gate.cleaned) == [1, 2, 3]
        eventually(lambda: assert_equal(server.closed, [2]))
        server.gate.open()
        assert other.read_message()["id"] == 1


def test_unexpected_failure(server: Hosted) -> None:
    """The page learns nothing of it but that it was one."""
    with connected(server.port) as wire:
        response = wire.call("test.fail")
        assert_error(response, -32603, "internalError", 1)
        assert "secret" not in json.dumps(response)
        assert "result" in wire.call("bridge.info")


def test_reader_changes_come_as_notifications(server: Hosted) -> None:
    """Only on connections that watch, between the answers of requests that wait, in order."""
    empty = PcscReaders(available=True, readers=(PcscReader(name="R", state="empty"),))
    filled = PcscReaders(available=True, readers=(PcscReader(name="R", state="present"),))
    with connected(server.port) as watching, connected(server.port) as other:
        watching.call("readers.watch")
        watching.say(request(WAIT, 2))
        for readers in (empty, filled):
            server.call(lambda readers=readers: server.board.pcsc_changed(readers))
            message = watching.read_message()
            assert set(message) == {"jsonrpc", "method", "params"}
            assert message["method"] == "readers.changed"
            assert [reader["state"] for reader in message["params"]["readers"]] == [readers.readers[0].state]
        assert other.call("bridge.info")["id"] == 1
    eventually(lambda: assert_equal(server.board._watchers, []))


def test_going_away(server: Hosted) -> None:
    """Every open connection is closed with 1001; its requests are cancelled; silent sockets just end."""
    with connected(server.port) as one, connected(server.port) as two, Wire(server.port) as silent:
        one.say(request(WAIT, 1))
        server.gate.until(arrived=1)
        server.request_stop()
        assert two.closing() == 1001
        assert one.closing() == 1001
        server.gate.until(cleaned=1)
        with pytest.raises(OSError):
            with Wire(server.port) as late:
                late.greeted()
        silent.socket.close()
    server.stop()
