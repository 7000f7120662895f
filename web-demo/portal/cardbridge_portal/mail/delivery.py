"""The task that empties the outbox. It sleeps until a letter is written here or one is due."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from .outbox import Outbox, Taken
from .transport import Counter, Postponed, Rejected, ServerUnavailable, Transport

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0
LOOK_AGAIN = timedelta(minutes=1)
SHORTEST_S = 0.05  # what is due but has just been taken by another process
FINISH_S = 10.0  # a letter under way at the portal's end
log = logging.getLogger("cardbridge_portal.mail")


class Delivery:
    """One a process. `wake` is called when letters have been committed.

    Without a transport letters stay in the outbox. `before` writes letters that are due only then
    (refusals.py) and says when it wants to be asked next.
    What other processes wrote, and did not live to send, is found by looking once a minute.
    """

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport | None,
        clock: Callable[[], datetime],
        *,
        before: Callable[[], Awaitable[datetime | None]] | None = None,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self._outbox = outbox
        self._before = before
        self._transport = transport
        self._clock = clock
        self._first_pause_s = first_pause_s
        self._wake = asyncio.Event()
        self._ending = asyncio.Event()
        self._failures = 0

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver in the background; at the end a letter under way is finished, the rest stays."""
        # No failure is lost with the task: _run logs each and ends only when it is told to.
        task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield
        finally:
            self._ending.set()
            self._wake.set()
            _, late = await asyncio.wait([task], timeout=FINISH_S)
            for each in late:
                each.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.clear()
            try:
                ask = await self._before() if self._before is not None else None
                await self._deliver()
                wait = await self._until_next(ask)
                event = self._wake
            except ServerUnavailable as error:
                wait, event = self._pause(), self._ending
                log.warning("mail server: %s; again in %.0f s", error.brief, wait)
            except Exception as error:
                # As in security.py: an error's text may quote personal data.
                wait, event = self._pause(), self._ending
                log.error("outbox: %s; again in %.0f s", type(error).__name__, wait)
            await _sleep(event, wait)

    async def _deliver(self) -> None:
        if self._transport is None or (taken := await self._outbox.take()) is None:
            return
        tried = False
        try:
            async with self._transport.open() as counter:
                while taken is not None:
                    tried = True
                    await self._hand_over(counter, taken)
                    self._failures = 0
                    taken = None if self._ending.is_set() else await self._outbox.take()
        except ServerUnavailable as error:
            # A letter on which the server breaks off must not stand in the way of the others.
            if taken is not None and tried:
                await self._outbox.postpone(taken, error.answer)
            elif taken is not None:
                await self._outbox.give_back(taken, error.answer)
            raise

    async def _hand_over(self, counter: Counter, taken: Taken) -> None:
        try:
            await counter.post(taken.letter)
        except Postponed as error:
            log.info("letter %d (%s) postponed: %s", taken.id, taken.kind, error.brief)
            await self._outbox.postpone(taken, error.answer)
        except Rejected as error:
            log.warning("letter %d (%s) rejected: %s", taken.id, taken.kind, error.brief)
            await self._outbox.failed(taken, error.answer)
        else:
            log.info("letter %d (%s) sent", taken.id, taken.kind)
            await self._outbox.sent(taken)

    async def _until_next(self, ask: datetime | None) -> float:
        due = await self._outbox.next_due() if self._transport is not None else None
        longest = self._clock() + LOOK_AGAIN
        moments = [moment for moment in (due, ask, longest) if moment is not None]
        return max((min(moments) - self._clock()).total_seconds(), SHORTEST_S)

    def _pause(self) -> float:
        self._failures += 1
        return min(self._first_pause_s * 2.0 ** min(self._failures - 1, 10), LONGEST_PAUSE_S)


async def _sleep(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
