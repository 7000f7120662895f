"""For whom a window's process and a worker are had ready: a page that is let in, and nobody before that."""

from __future__ import annotations

import socket

import pytest

from tests.unit.server.hosted import hosted
from tests.unit.server.wire import FOREIGN_ORIGIN, Header, Wire, connected, opening

REFUSED: dict[str, dict[str, Header]] = {
    "another host": {"Host": "portal.example.jp"},
    "no origin": {"Origin": None},
    "another subprotocol": {"Sec-WebSocket-Protocol": "chat"},
    "another site": {"Origin": FOREIGN_ORIGIN},
}


def test_a_page_that_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server, connected(server.port):
        assert server.prepared == ["window", "worker"]


def test_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is turned away starts no process, plain TCP and half a handshake too."""
    with hosted(monkeypatch, max_connections_per_origin=1) as server:
        with socket.create_connection(("127.0.0.1", server.port)):
            pass
        with Wire(server.port) as wire:
            wire.send(opening(server.port)[:-2])
        for changes in REFUSED.values():
            with Wire(server.port) as wire:
                wire.send(opening(server.port, changes))
                assert wire.read_line()
                if changes is REFUSED["another site"]:
                    while wire.read_line():
                        pass
                    assert wire.read_frame().close_code == 4403
        assert server.prepared == []
        with connected(server.port), Wire(server.port) as second:
            second.send(opening(server.port))
            assert b"503" in second.read_line()
            assert server.prepared == ["window", "worker"], "of the first"


def test_another_users_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.server.owner.is_own", lambda peer, own: False)
    with hosted(monkeypatch) as server, Wire(server.port) as wire:
        wire.send(opening(server.port))
        assert b"403" in wire.read_line()
        assert server.prepared == []
