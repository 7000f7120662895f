"""The transport that HTTP and WebSocket get: its `close` lets the peer read to the end; reading is paced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bridge.server.pacing import Pace


class LingeringTransport(asyncio.Transport):
    """Hands everything on to the real transport but `close`, `pause_reading` and `resume_reading`.

    Args:
        leave: ends the connection in its own time; called by `close`, once.
        pace: says when the transport is read.
    """

    def __init__(self, transport: asyncio.Transport, leave: Callable[[], None], pace: Pace) -> None:
        super().__init__()
        self._transport = transport
        self._leave = leave
        self._pace = pace
        self._is_left = False

    def close(self) -> None:
        if not self._is_left:
            self._is_left = True
            self._leave()

    def is_closing(self) -> bool:
        return self._is_left or self._transport.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_left:
            self._transport.write(data)

    def abort(self) -> None:
        self._transport.abort()

    def pause_reading(self) -> None:
        if not self._is_left:
            self._pace.pause()

    def resume_reading(self) -> None:
        if not self._is_left:
            self._pace.resume()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._transport.get_protocol()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()
