"""Gives back what use has freed, while pages stay connected: the C library keeps it for the next request.

A document of 8 MiB passes through the heap in some copies, 500 documents in many small pieces. All of it is
freed, but the pages of memory stay the daemon's until the C library is asked: up to 22 MiB of them.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Any

QUIET_S = 1.0
_M_ARENA_MAX = -8


class FreedMemory:
    """One timer, and only after use.

    Args:
        is_busy: whether a request is served or a card session is open; its end is told by `used` again.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._timer: asyncio.TimerHandle | None = None
        self._used_at = 0.0

    def used(self) -> None:
        """A request, a card session or a page has ended; `QUIET_S` after the last of them is the time."""
        loop = asyncio.get_running_loop()
        self._used_at = loop.time()
        if self._timer is None:
            self._timer = loop.call_at(self._used_at + QUIET_S, self._due)

    def _due(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        if self._is_busy():
            return
        if self._used_at + QUIET_S > loop.time():
            self._timer = loop.call_at(self._used_at + QUIET_S, self._due)
            return
        give_back()


def share_one_arena() -> None:
    """Let all threads allocate from one heap (mallopt(3)); before there is a second thread.

    glibc gives a new thread a heap of its own, and malloc_trim never returns the end of such a one.
    """
    if mallopt := _glibc("mallopt"):
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Collect what is garbage in cycles, then have glibc return its free pages (malloc_trim(3)).

    Other C libraries are asked for nothing.
    """
    gc.collect()
    if malloc_trim := _glibc("malloc_trim"):
        malloc_trim(0)


def _glibc(name: str) -> Any:
    """None where the C library is another one."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), name, None)
