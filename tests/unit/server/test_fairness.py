"""A page, or a program, that floods: others are served in their turn, through real sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.unit.server.floods import FLOODS, flooded
from tests.unit.server.hosted import Hosted, hosted
from tests.unit.server.running import Daemon, eventually
from tests.unit.server.test_messages import assert_error
from tests.unit.server.wire import (
    FOREIGN_ORIGIN,
    ORIGIN,
    OTHER_ORIGIN,
    PING,
    Wire,
    connected,
    frame,
    opening,
    request,
)

TURN, WINDOW = "test.turn", "test.window"
QUICK_FLOODS = ("empty_messages", "refused_handshakes", "half_open")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    with hosted(monkeypatch) as running:
        yield running


def test_a_page_that_asks_for_much_pushes_back_only_its_own(server: Hosted) -> None:
    with connected(server.port) as greedy, connected(server.port, OTHER_ORIGIN) as other:
        greedy.send(b"".join(frame(request(TURN, id)) for id in range(40)))
        server.gate.until(arrived=1)
        other.say(request(TURN))
        assert "result" in other.call("bridge.info", id="both are in the queue")
        server.gate.open()
        assert other.read_message()["id"] == 1
        for _ in range(40):
            greedy.read_message()
        assert server.served == [ORIGIN, ORIGIN, OTHER_ORIGIN, *[ORIGIN] * 38]


def test_a_page_that_fills_the_queue_of_windows(server: Hosted) -> None:
    """Nine windows of one site; the tenth is too many, another site's first is not."""
    with ExitStack() as opened, connected(server.port, OTHER_ORIGIN) as other:
        greedy = [opened.enter_context(connected(server.port)) for _ in range(10)]
        for wire in greedy[:9]:
            wire.say(request(WINDOW))
            assert "result" in wire.call("bridge.info", id="in the queue")
        assert_error(greedy[9].exchange(request(WINDOW)), -32004, "busy", 1)
        other.say(request(WINDOW))
        assert "result" in other.call("bridge.info", id="in the queue")
        server.gate.open()
        assert "result" in other.read_message()
        for wire in greedy[:9]:
            assert "result" in wire.read_message()
        assert server.served == [ORIGIN, ORIGIN, OTHER_ORIGIN, *[ORIGIN] * 7]


FLOODING = {
    "empty messages": frame("") * 9000,
    "pings": frame(b"", PING) * 9000,
    "bad JSON": frame("{") * 7000,
    "a hundred pings": frame(b"", PING) * 100,
    "a hundred messages": frame("") * 100,
}


@pytest.mark.parametrize("frames", FLOODING.values(), ids=FLOODING.keys())
def test_many_frames_in_one_segment_do_not_hold_up_another_page(server: Hosted, frames: bytes) -> None:
    """All of it is there before the other page's one request, which is served before the flood is through."""
    with connected(server.port) as greedy, connected(server.port, OTHER_ORIGIN) as other:
        with server.standing_still():
            greedy.send(frames + frame(request(TURN)))
            other.say(request(TURN))
        server.gate.open()
        assert "result" in other.read_message()
        while (received := greedy.read_frame()).opcode == 0xA or b'"result"' not in received.payload:
            continue
        assert server.served == [OTHER_ORIGIN, ORIGIN]


def test_handshakes_of_refused_sites_in_great_number_come_behind(server: Hosted) -> None:
    """They are there first, all at once; none of them delays the page that is open already, nor stays."""
    with connected(server.port) as page, ExitStack() as opened:
        with server.standing_still():
            refused = [opened.enter_context(Wire(server.port)) for _ in range(60)]
            for wire in refused:
                wire.send(opening(server.port, {"Origin": FOREIGN_ORIGIN}))
            page.say(request("bridge.info"))
        assert "result" in page.read_message()
        for wire in refused:
            assert wire.read_head()[0] == 101
            assert wire.read_frame().close_code == 4403
        assert len(server.recorded) == 1


def test_many_that_ask_at_once_are_answered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also another user's, until it is known whose they are: who came first is not dropped for the others."""
    with hosted(monkeypatch, max_connections=3) as server, Wire(server.port) as page, ExitStack() as opened:
        others = [opened.enter_context(Wire(server.port)) for _ in range(20)]
        server.take_turns(5)  # all are accepted: their bytes come in one turn
        with server.standing_still():
            page.send(opening(server.port))
            for other in others:
                other.send(opening(server.port, {"Origin": FOREIGN_ORIGIN}))
        assert page.read_head()[0] == 101
        assert page.read_message()["method"] == "bridge.hello"


def test_refused_sites_that_stay_do_not_end_another_s_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch, max_connections=3) as server, Wire(server.port) as slow, ExitStack() as opened:
        head = opening(server.port)
        slow.send(head[:50])
        for _ in range(6):
            wire = opened.enter_context(Wire(server.port))
            wire.upgrade({"Origin": FOREIGN_ORIGIN})
            assert wire.read_frame().close_code == 4403
        slow.send(head[50:])
        assert slow.read_head()[0] == 101


def open_files(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def assert_no_more_files(daemon: Daemon, before: int) -> None:
    assert open_files(daemon) <= before


@pytest.mark.parametrize(
    "name", [each if each in QUICK_FLOODS else pytest.param(each, marks=pytest.mark.slow) for each in FLOODS]
)
def test_while_another_floods(daemon: Daemon, name: str) -> None:
    """Every request of the page is answered, new connections of it are taken, and nothing is left behind."""
    before = open_files(daemon)
    with connected(daemon.port) as page:
        with flooded(name, daemon.port):
            for id in range(20):
                assert "result" in page.call("bridge.info", id=id)
            daemon.serves()
            assert "result" in page.call("session.close", id="last")
    eventually(lambda: assert_no_more_files(daemon, before))


def test_a_thousand_connections_one_after_the_other(daemon: Daemon) -> None:
    before = open_files(daemon)
    for number in range(1000):
        wire = Wire(daemon.port)
        if number % 10 == 0:
            wire.greeted()
        elif number % 2:
            wire.send(opening(daemon.port)[: number % 100])
        wire.socket.close()
    eventually(lambda: assert_no_more_files(daemon, before))
