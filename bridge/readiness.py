"""A child process that is started before anybody needs it: at most one of a kind, and not for long."""

from __future__ import annotations

import asyncio
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from bridge.core.throttle import Bucket

KEPT_S = 30.0
"""How long a process waits for its work. It weighs as much as half the daemon: nothing for a whole day."""


class EarlyProcess(ABC):
    """Started, not yet anybody's: it knows no request and no secret until it is given its work.

    The daemon's ends of its pipes are this object's to close.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._starting = asyncio.get_running_loop().run_in_executor(None, self._start)

    async def started(self) -> None:
        """Wait until it runs; a process is not half started, also where the caller is cancelled.

        Raises:
            OSError: it cannot be started.
        """
        await asyncio.shield(self._starting)

    async def settled(self) -> None:
        """Wait until it runs, or cannot be started."""
        await asyncio.wait([self._starting])

    @property
    def is_of_use(self) -> bool:
        """Whether it can still be given work, as far as is known."""
        if not self._starting.done():
            return True
        return self._starting.exception() is None and self.process is not None and self.process.poll() is None

    @abstractmethod
    def _start(self) -> None:
        """Start `process`; in a thread.

        Raises:
            OSError
        """

    async def kill(self) -> None:
        """End it, also while it is just being started; `close` is still due."""
        await self.settled()
        self._starting.exception()  # `started` has told of it, or nobody waits any more
        if self.process is not None:
            self.process.kill()

    def reap(self) -> None:
        """Wait until it is gone; blocks."""
        if self.process is not None:
            self.process.wait()

    @abstractmethod
    def close(self) -> None:
        """Close what nobody has been given."""

    async def end(self) -> None:
        """End it, and wait until it is gone."""
        await self.kill()
        with suppress(OSError):
            await asyncio.to_thread(self.reap)
        self.close()


_P = TypeVar("_P", bound=EarlyProcess)


class Ready(Generic[_P]):
    """At most one process that waits for work that may soon come.

    Args:
        make: starts one.
        pace: how many may be started, however often they are asked for; without, as many as are taken.
    """

    def __init__(self, make: Callable[[], _P], pace: Bucket | None = None) -> None:
        self._make, self._pace = make, pace
        self._waiting: _P | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> _P | None:
        """The one that waits."""
        return self._waiting

    @property
    def has_process(self) -> bool:
        """Whether one waits, or is being ended."""
        return self._waiting is not None or bool(self._ending)

    def prepare(self) -> None:
        """Have one ready for the next `KEPT_S`."""
        loop = asyncio.get_running_loop()
        if self._waiting is not None and not self._waiting.is_of_use:
            self.drop()
        if self._waiting is None:
            if self._pace is not None and not self._pace.take(loop.time()):
                return
            self._waiting = self._make()
        self._stop_timer()
        self._timer = loop.call_later(KEPT_S, self.drop)

    def take(self) -> _P | None:
        """The one that is ready, which is the caller's to end from now on."""
        taken, self._waiting = self._waiting, None
        self._stop_timer()
        if taken is not None and not taken.is_of_use:
            self._end(taken)
            return None
        return taken

    def drop(self) -> None:
        """End the one that waits."""
        waiting, self._waiting = self._waiting, None
        self._stop_timer()
        if waiting is not None:
            self._end(waiting)

    async def end(self) -> None:
        """End what nobody has taken; returns when it is gone."""
        self.drop()
        if self._ending:
            await asyncio.wait(self._ending)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, process: _P) -> None:
        task = asyncio.get_running_loop().create_task(process.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
