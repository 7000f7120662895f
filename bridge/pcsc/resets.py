"""Resets of cards under way, each in a thread of its own: a card that does not answer blocks nothing else."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from bridge.core.errors import BridgeError, ReaderServiceUnavailable
from bridge.pcsc.card import reset_card

_log = logging.getLogger(__name__)

PATIENCE_S = 5.0


class CardResets:
    """Belongs to the event loop's thread.

    Args:
        reset: resets the card in a reader, blocking.
        patience_s: how long one is waited for.
    """

    def __init__(self, reset: Callable[[str], None] = reset_card, *, patience_s: float = PATIENCE_S) -> None:
        self._reset = reset
        self._patience_s = patience_s
        self._running: dict[str, asyncio.Future[None]] = {}

    @property
    def has_any(self) -> bool:
        """Whether one is under way."""
        return bool(self._running)

    async def reset(self, reader: str) -> None:
        """Reset the card in `reader`; one that takes longer goes on, and `settled` waits for it."""
        running = self._running.get(reader)
        if running is None:
            running = self._running[reader] = self._start(reader)
        done, _ = await asyncio.wait([running], timeout=self._patience_s)
        if not done:
            _log.warning("a card does not answer its reset")

    async def settled(self) -> None:
        """Return when no reset is under way any more: none may hit the next login.

        Raises:
            ReaderServiceUnavailable: one does not end.
        """
        if not self._running:
            return
        _, running = await asyncio.wait(list(self._running.values()), timeout=self._patience_s)
        if running:
            raise ReaderServiceUnavailable("A card does not answer its reset.")

    def _start(self, reader: str) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def over() -> None:
            self._running.pop(reader, None)
            if not future.done():
                future.set_result(None)

        def work() -> None:
            try:
                self._reset(reader)
            except BridgeError as error:
                _log.warning("a card could not be reset: %s", error.reason)
            with suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(over)

        threading.Thread(target=work, name="reset", daemon=True).start()
        return future
