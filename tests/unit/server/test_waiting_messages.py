"""What waits to be taken is little, however it is cut: a page must not fill the daemon's memory.

aiohttp's reader does it, as `bridge.server` sets it up; a version that does not is not taken.
"""

from __future__ import annotations

import asyncio

import pytest
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http_websocket import WebSocketReader

from tests.unit.server.wire import frame


class Protocol:
    """Says whether the socket would be read."""

    _reading_paused = False

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        self._reading_paused = False


@pytest.mark.parametrize("text", ["", "{", "a" * 100], ids=["empty", "tiny", "short"])
async def test_few_messages_wait_and_then_nothing_is_read(text: str) -> None:
    protocol = Protocol()
    queue = WebSocketDataQueue(protocol, 2**16, loop=asyncio.get_running_loop())  # type: ignore[arg-type]
    reader = WebSocketReader(queue, 1_000_000, compress=False, decode_text=True)
    count = 0
    while not protocol._reading_paused:
        failed, _ = reader.feed_data(frame(text))
        count += 1
        assert not failed and count < 3000
    assert count > 50
    for _ in range(count):
        await queue.read()
    assert not protocol._reading_paused
