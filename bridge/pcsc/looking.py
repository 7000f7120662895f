"""Asking PC/SC again, one question at a time and never waited for long: pcscd may not answer at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_LOOK_TIMEOUT_S = 2.0


class Looking:
    """Calls `look`, which blocks, in a thread of its own."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look")
        self._last: asyncio.Future[None] | None = None

    @property
    def is_under_way(self) -> bool:
        return self._last is not None and not self._last.done()

    async def again(self) -> None:
        """Returns when it has been done, or takes too long."""
        last = self._last
        if last is None or last.done():
            last = self._last = asyncio.get_running_loop().run_in_executor(self._thread, self._look)
        await asyncio.wait([last], timeout=_LOOK_TIMEOUT_S)

    def close(self) -> None:
        """The thread ends, at once where nothing is under way."""
        self._thread.shutdown(wait=not self.is_under_way)
