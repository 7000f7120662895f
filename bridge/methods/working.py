"""What follows the consent: the window says how far the work is, and the user may still cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from bridge.core.consent import Working
from bridge.core.errors import UserCancelled
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.dialogue import Dialogue, first, removal

QUICK_S = 0.7
"""A single signature that takes no longer shows no progress."""
_EACH_S = 0.1

_T = TypeVar("_T")


class Work:
    """How many of `total` signatures are there; `reader` holds the card."""

    def __init__(self, call: Call, total: int, reader: str) -> None:
        self._call = call
        self._total, self._reader = total, reader
        self._done = 0
        self._changed = asyncio.Event()

    async def begin_next(self, done: int) -> None:
        """`done` are there, and the next one is begun."""
        self._done = done
        self._changed.set()
        await self._call.progress.send("signing", done=done, total=self._total, reader=self._reader)

    async def watch(self, window: Dialogue) -> None:
        """Keep the window true until the user cancels.

        Raises:
            UserCancelled
        """
        if self._total == 1:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUICK_S):
                    await window.cancelled()
        await window.show_work(self._screen())
        await first(window.cancelled, lambda: self._update(window))

    async def _update(self, window: Dialogue) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await window.update(self._screen())
            await asyncio.sleep(_EACH_S)

    def _screen(self) -> Working:
        return Working(done=self._done, total=self._total, reader=self._reader)


async def accompanied(
    call: Call,
    window: Dialogue,
    entry: CertificateEntry,
    total: int,
    work: Callable[[Work], Awaitable[_T]],
) -> _T:
    """The result of `work`, unless the user cancels or the card of `entry` goes.

    Raises:
        UserCancelled, CardRemoved, and what `work` raises.
    """
    state = Work(call, total, entry.reader)
    try:
        result: _T = await first(
            lambda: work(state), lambda: state.watch(window), lambda: removal(call, entry.place)
        )
    except UserCancelled:
        await call.desk.sessions.end()  # its worker was in the middle of something
        raise
    return result
