"""What waits to be taken is little, however it is cut: a page must not fill the daemon's memory."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from bridge.server.websocket import WebSocket
from tests.unit.server.wire import CONTINUATION, PING, TEXT, frame


class Transport:
    """Says whether it would be read."""

    def __init__(self) -> None:
        self.is_read = True
        self.written = b""

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.written += data


def opened() -> tuple[WebSocket, Transport]:
    transport = Transport()
    return WebSocket(cast(Any, transport), 1_000_000, lambda _: True), transport


@pytest.mark.parametrize(
    "data",
    [frame(""), frame("{"), frame(b"", PING), frame("a" * 100)],
    ids=["empty", "tiny", "ping", "short"],
)
async def test_few_messages_wait_and_then_nothing_is_read(data: bytes) -> None:
    socket, transport = opened()
    count = 0
    while transport.is_read:
        socket.data_received(data)
        count += 1
        assert count < 100
    assert count > 50
    task = asyncio.ensure_future(_taken(socket))  # noqa: TID251 - a test's
    for _ in range(300):
        await asyncio.sleep(0)
    assert transport.is_read and socket._waiting_bytes == 0
    task.cancel()


async def _taken(socket: WebSocket) -> None:
    while True:
        await socket.receive()


async def test_empty_fragments_leave_nothing_behind() -> None:
    socket, _ = opened()
    socket.data_received(frame("", TEXT, is_final=False))
    for _ in range(1000):
        socket.data_received(frame("", CONTINUATION, is_final=False))
    assert socket._parts is not None and len(socket._parts) == 0
    socket.data_received(frame("株", CONTINUATION))
    assert await socket.receive() == "株"
    socket.data_received(frame(b"a", 2, is_final=False) + frame(b"", CONTINUATION))
    assert await socket.receive() == b"a"


async def test_a_large_message_waits_alone() -> None:
    socket, transport = opened()
    socket.data_received(frame("a" * 100_000))
    assert not transport.is_read
    assert await socket.receive() == "a" * 100_000
    assert transport.is_read
