"""Hands on what a WebSocket's client sends, a little at a time, so that other connections get their turn.

One TCP segment may hold thousands of tiny frames. Read at once, they would hold up the event loop, and with
it every other page, for a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PIECE_BYTES = 1024
"""What is handed on in one turn of the event loop, beside the payload that the frame under way needs."""


class Pace:
    """Between the transport and who reads it.

    Args:
        feed: takes the next piece.
        payload_left: how many bytes the frame under way still needs.
    """

    def __init__(
        self, transport: asyncio.Transport, feed: Callable[[bytes], None], payload_left: Callable[[], int]
    ) -> None:
        self._transport = transport
        self._feed, self._payload_left = feed, payload_left
        self._held = b""
        self._is_paused = False
        self._next: asyncio.Handle | None = None

    def received(self, data: bytes) -> None:
        is_free = self._next is None and not self._is_paused and not self._held
        if is_free and len(data) <= self._payload_left() + PIECE_BYTES:
            self._feed(data)
            return
        self._held += data
        if self._next is None and not self._is_paused:
            self._hand_on()

    def pause(self) -> None:
        """Whoever reads takes no more for now."""
        self._is_paused = True
        self._transport.pause_reading()

    def resume(self) -> None:
        """Whoever reads takes more again."""
        self._is_paused = False
        if self._held:
            self._hand_on_later()
        else:
            self._transport.resume_reading()

    def drop(self) -> None:
        """Nothing is read any more."""
        self._held = b""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _hand_on(self) -> None:
        self._next = None
        if self._is_paused:
            return
        most = self._payload_left() + PIECE_BYTES
        piece, self._held = self._held[:most], self._held[most:]
        self._feed(piece)
        if self._held:
            self._transport.pause_reading()
            self._hand_on_later()
        elif not self._is_paused:
            self._transport.resume_reading()

    def _hand_on_later(self) -> None:
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._hand_on)
