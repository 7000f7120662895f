"""A child process that computes for the daemon: one pipe to it, and one thread for whatever would block."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from bridge import children

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_T = TypeVar("_T")


class Companion:
    """Started once, asked one thing after the other, ended for certain.

    Args:
        child: a key of `bridge.children.CHILDREN`.
    """

    def __init__(self, child: str) -> None:
        self._child = child
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=child)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def connection(self) -> Connection:
        """Our end of the pipe; for the thread only.

        Raises:
            EOFError: there is no process.
        """
        if self._connection is None:
            raise EOFError
        return self._connection

    def launch(self, *, more: Sequence[Connection] = (), arguments: Sequence[str] = ()) -> None:
        """Start the process, which inherits the other end of the pipe and `more`; blocks.

        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = children.pipe()
        with theirs:
            try:
                self.process = children.spawn(self._child, [theirs, *more], arguments)
            except OSError:
                ours.close()
                raise
        self._connection = ours

    async def in_thread(self, work: Callable[[], _T], *, until: float | None = None) -> _T:
        """What `work` returns, done in the thread; no longer than `until`, in the loop's time.

        Raises:
            TimeoutError: the thread is busy until the process is killed.
        """
        async with asyncio.timeout_at(until):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    async def end(self) -> None:
        """End the process, also one that is just being started, and with it whatever it was doing."""
        self.kill()
        await asyncio.get_running_loop().run_in_executor(None, self._reap)

    def _reap(self) -> None:
        self._thread.shutdown()
        if self.process is not None:
            self.process.kill()  # it may have started since
            self.process.wait()
        if self._connection is not None:
            self._connection.close()
