"""How many connections, and what becomes of sockets that say nothing."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bridge.server import sockets
from cardbridge_demo.ports import free_ports
from tests.unit.server.hosted import hosted
from tests.unit.server.running import Daemon, configuration, eventually, started
from tests.unit.server.wire import (
    FOREIGN_ORIGIN,
    ORIGIN,
    OTHER_ORIGIN,
    Ended,
    Header,
    Wire,
    connected,
    opening,
    serves,
)

RULES = "max_connections = 3\nmax_connections_per_origin = 2\nmax_silent = 3\n"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """One with small limits, each of which leaves room for one more at the end."""
    first = free_ports(1)
    configuration(tmp_path, (first, first), RULES)
    with started(tmp_path) as running:
        yield running
        eventually(running.serves)


def refused(port: int, origin: str) -> bool:
    with Wire(port) as wire:
        wire.send(opening(port, {"Origin": origin}))
        status, _ = wire.read_head()
        if status == 503:
            assert wire.read_to_end() == b"Too many connections.\n"
        return status == 503


def test_connections_of_one_origin(daemon: Daemon) -> None:
    with connected(daemon.port) as first, connected(daemon.port) as second:
        assert refused(daemon.port, ORIGIN)
        assert refused(daemon.port, f"{ORIGIN}:443"), "the same tuple"
        serves(daemon.port, OTHER_ORIGIN)
        for wire in (first, second):
            assert "result" in wire.call("bridge.info"), "those that are open are not harmed"
        second.socket.close()
        eventually(lambda: serves(daemon.port, ORIGIN))


def test_connections_in_all(daemon: Daemon) -> None:
    with ExitStack() as opened:
        for origin in (ORIGIN, ORIGIN, OTHER_ORIGIN):
            last = opened.enter_context(connected(daemon.port, origin))
        assert refused(daemon.port, OTHER_ORIGIN)
        assert refused(daemon.port, FOREIGN_ORIGIN), "the limit comes before the list"
        last.socket.close()
        eventually(lambda: serves(daemon.port, OTHER_ORIGIN))


def test_sites_that_are_not_permitted_take_no_place(daemon: Daemon) -> None:
    """They stay until their closing handshake is over, and are dropped, the oldest first, beyond a number."""
    with ExitStack() as opened:
        foreign = []
        for _ in range(8):
            wire = opened.enter_context(Wire(daemon.port))
            wire.upgrade({"Origin": FOREIGN_ORIGIN})
            assert wire.read_frame().close_code == 4403
            foreign.append(wire)
        serves(daemon.port, ORIGIN)
        for wire in foreign:
            assert wire.read_to_end() == b""


def test_silent_sockets(daemon: Daemon) -> None:
    """The oldest one is dropped for a new one; those that stay can still be used, whenever they speak."""
    with ExitStack() as opened:
        silent = [opened.enter_context(Wire(daemon.port)) for _ in range(3)]
        serves(daemon.port, ORIGIN)
        with pytest.raises(Ended):
            silent[0].read(1)
        late = opened.enter_context(Wire(daemon.port))
        assert all(not select.select([wire.socket], [], [], 0)[0] for wire in (*silent[1:], late))
        for wire in (silent[1], late):
            wire.greeted({"Origin": ORIGIN})
            assert "result" in wire.call("bridge.info")


def test_a_socket_that_has_spoken_is_not_silent(daemon: Daemon) -> None:
    with connected(daemon.port) as wire, ExitStack() as opened:
        begun = opened.enter_context(Wire(daemon.port))
        head = opening(daemon.port)
        begun.send(head[:10])
        for _ in range(8):
            opened.enter_context(Wire(daemon.port))
        begun.send(head[10:])
        assert begun.read_head()[0] == 101
        assert "result" in wire.call("bridge.info")


def test_unfinished_heads_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "UNFINISHED_S", 600.0)  # it is not their time that ends them
    with hosted(monkeypatch, max_connections=3) as server, ExitStack() as opened:
        begun = []
        for _ in range(4):
            begun.append(opened.enter_context(Wire(server.port)))
            begun[-1].send(b"GET /v1 HTTP/1.1\r\n")
        with pytest.raises(Ended):
            begun[0].read(1)
        serves(server.port)


@pytest.mark.parametrize(
    ("changes", "line", "status"),
    [
        ({f"X-{number}": "a" for number in range(55)}, "GET /v1 HTTP/1.1", 101),
        ({f"X-{number}": "a" for number in range(65)}, "GET /v1 HTTP/1.1", 400),
        ({"X": "a" * 32000}, "GET /v1 HTTP/1.1", 101),
        ({"X": "a" * 33000}, "GET /v1 HTTP/1.1", 400),
        ({}, f"GET /{'v' * 900} HTTP/1.1", 404),
        ({}, f"GET /{'v' * 1100} HTTP/1.1", 400),
    ],
)
def test_a_head_of_too_much(daemon: Daemon, changes: dict[str, Header], line: str, status: int) -> None:
    with Wire(daemon.port) as wire:
        wire.send(opening(daemon.port, changes, line=line))
        assert wire.read_head()[0] == status


def test_a_head_without_end_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """For its size; its time is not over yet."""
    monkeypatch.setattr(sockets, "UNFINISHED_S", 600.0)
    with hosted(monkeypatch) as server, Wire(server.port) as wire:
        with suppress(ConnectionError):
            wire.send(b"GET /v1 HTTP/1.1\r\n")
            for number in range(60):
                wire.send(b"X-%d: " % number + b"a" * 8000 + b"\r\n")
        assert wire.read_to_end() == b""
        serves(server.port)
