"""For whom a window's process and a worker are had ready: a page that is let in, and nobody else.

The first page's wait for aiohttp is used for it (`bridge.server.foreseen`): the first connection is a case
of its own.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.server import load_aiohttp
from tests.unit.server.hosted import Hosted, hosted
from tests.unit.server.wire import FOREIGN_ORIGIN, Header, Wire, connected, opening

REFUSED: dict[str, dict[str, Header]] = {
    "another host": {"Host": "portal.example.jp"},
    "no origin": {"Origin": None},
    "another subprotocol": {"Sec-WebSocket-Protocol": "chat"},
    "another site": {"Origin": FOREIGN_ORIGIN},
}


READY = ["window", "worker"]


@contextmanager
def not_loaded(patch: pytest.MonkeyPatch) -> Iterator[tuple[Hosted, list[str]]]:
    """A server that loads aiohttp at its first connection, and what it has had ready by then."""
    before = list[str]()
    with hosted(patch) as server:

        def loading() -> None:
            before.extend(server.prepared)
            load_aiohttp()

        patch.setattr("bridge.server.server.load_aiohttp", loading)
        yield server, before


def test_a_page_that_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server:
        with connected(server.port):
            assert server.prepared[-2:] == READY
        server.prepared.clear()
        with connected(server.port):
            assert server.prepared == READY, "the second"


def test_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    with not_loaded(monkeypatch) as (server, before), connected(server.port):
        assert before == READY


@pytest.mark.parametrize("name", REFUSED)
def test_not_the_first_that_is_turned_away(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with not_loaded(monkeypatch) as (server, _), Wire(server.port) as wire:
        wire.send(opening(server.port, REFUSED[name]))
        assert wire.read_line()
        assert server.prepared == []


def test_not_the_first_page_that_writes_an_allowed_handshake_into_its_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with not_loaded(monkeypatch) as (server, _), Wire(server.port) as wire:
        wire.send(opening(server.port, {"Origin": FOREIGN_ORIGIN}) + opening(server.port))
        assert wire.read_line()
        assert server.prepared == []


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
            assert server.prepared == READY, "of the first"


def test_another_users_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.server.owner.is_own", lambda peer, own: False)
    with hosted(monkeypatch) as server, Wire(server.port) as wire:
        wire.send(opening(server.port))
        assert b"403" in wire.read_line()
        assert server.prepared == []
