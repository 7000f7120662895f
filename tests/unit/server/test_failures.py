"""Defects inside the server: the peer learns nothing of them, and the others are served."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from bridge.server import guard
from bridge.server.connection import Connection
from tests.unit.server.hosted import hosted
from tests.unit.server.wire import Wire, connected, frame, opening, request, serves


def _fail(*arguments: Any, **named: Any) -> Any:
    raise RuntimeError("a secret that no page may see")


def test_in_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    with hosted(monkeypatch) as server:
        with monkeypatch.context() as broken:
            broken.setattr(guard, "check_host", _fail)
            with Wire(server.port) as wire:
                response = wire.answer(opening(server.port))
        assert (response.status, response.body) == (500, b"Internal error.\n")
        assert response.headers["server"] == "cardbridge"
        serves(server.port)


def test_in_a_connection(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with hosted(monkeypatch) as server:
        with connected(server.port) as other:
            with monkeypatch.context() as broken:
                broken.setattr(Connection, "_accept", _fail)
                with connected(server.port) as wire:
                    wire.say(request("bridge.info"))
                    assert b"secret" not in wire.read_to_end()
            assert "result" in other.call("bridge.info")
        serves(server.port)
    assert "a connection failed" in caplog.text


def test_while_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task that closes a connection is the daemon's own: its failure must not end the daemon."""

    async def close(*arguments: Any, **named: Any) -> bool:
        raise RuntimeError

    with hosted(monkeypatch) as server:
        with monkeypatch.context() as broken:
            broken.setattr(web.WebSocketResponse, "close", close)
            with connected(server.port) as wire:
                wire.send(frame("x", is_masked=False))
                assert wire.read_to_end() == b""
        serves(server.port)
