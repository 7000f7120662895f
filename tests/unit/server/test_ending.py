"""SIGTERM: every page hears of it, and nobody can hold the daemon back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardbridge_demo.ports import free_ports
from tests.unit.server.running import Daemon, configuration, started
from tests.unit.server.wire import FOREIGN_ORIGIN, PING, Ended, Wire, connected, frame


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    first = free_ports(1)
    configuration(tmp_path, (first, first))
    with started(tmp_path) as running:
        yield running


def test_every_connection_is_closed_with_1001(daemon: Daemon) -> None:
    with connected(daemon.port) as one, connected(daemon.port) as two:
        daemon.process.terminate()
        assert [one.closing(), two.closing()] == [1001, 1001]
        assert daemon.process.wait(30) == 0
    assert daemon.errors == ""


def test_nobody_holds_it_back(daemon: Daemon) -> None:
    """A silent socket, half a head, a site that is not permitted, a page that does not read, half a frame."""
    with Wire(daemon.port) as silent, Wire(daemon.port) as begun, Wire(daemon.port) as foreign:
        foreign.upgrade({"Origin": FOREIGN_ORIGIN})
        with connected(daemon.port) as deaf, connected(daemon.port) as half:
            deaf.socket.settimeout(1)
            with pytest.raises(TimeoutError):
                while True:
                    deaf.send(frame(b"x" * 125, PING) * 2000)
            begun.send(b"GET /v1 HTTP/1.1\r\n")  # only now: they have 30 s
            half.send(b"\x81")
            assert daemon.stop() == 0
            with pytest.raises(Ended):
                silent.read(1)
            assert half.read_frame().close_code == 1001
    assert daemon.errors == ""
