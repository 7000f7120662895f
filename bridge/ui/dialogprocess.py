"""A dialog process with the daemon's ends of its pipes, and the one that is kept ready for a window."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from bridge import children

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

KEPT_S = 30.0
"""How long a process waits for a window. It weighs as much as half the daemon: nothing for a whole day."""


class DialogProcess:
    """Started, not yet anybody's: it knows no request and no secret until its window is opened.

    Its files are this process's to close: `end`.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.process: subprocess.Popen[bytes] | None = None
        self.control: Connection | None = None
        self._pin_channel: Connection | None = None
        self._starting = loop.run_in_executor(None, self._start)

    async def started(self) -> None:
        """Wait until it runs; a process is not half started, also where the caller is cancelled.

        Raises:
            OSError: it cannot be started.
        """
        await asyncio.shield(self._starting)

    @property
    def is_of_use(self) -> bool:
        """Whether a window can still be opened in it, as far as is known."""
        if not self._starting.done():
            return True
        return self._starting.exception() is None and self.process is not None and self.process.poll() is None

    def take_pin_channel(self) -> Connection | None:
        """The worker's end of the PIN pipe, given once."""
        channel, self._pin_channel = self._pin_channel, None
        return channel

    def _start(self) -> None:
        self.control, theirs = children.pipe()
        dialog_end, self._pin_channel = children.pipe()
        with theirs, dialog_end:
            self.process = children.spawn("dialog", [theirs, dialog_end])

    async def kill(self) -> None:
        """End it, also while it is just being started; `close` is still due."""
        await asyncio.wait([self._starting])
        self._starting.exception()  # `started` has told of it, or nobody waits any more
        if self.process is not None:
            self.process.kill()

    def reap(self) -> None:
        """Wait until it is gone; blocks."""
        if self.process is not None:
            self.process.wait()

    def close(self) -> None:
        """Close what nobody has been given."""
        for connection in (self.control, self._pin_channel):
            if connection is not None:
                connection.close()


class ReadyDialog:
    """At most one process, for a window that may soon be asked for: Tk needs as long as a person notices."""

    def __init__(self) -> None:
        self._dialog: DialogProcess | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def prepare(self) -> None:
        """Have one ready for the next `KEPT_S`."""
        loop = asyncio.get_running_loop()
        if not children.has_display():
            return
        if self._dialog is not None and not self._dialog.is_of_use:
            self._drop()
        if self._dialog is None:
            self._dialog = DialogProcess()
        self._stop_timer()
        self._timer = loop.call_later(KEPT_S, self._drop)

    def take(self) -> DialogProcess:
        """The one that is ready, or a new one; the caller ends it."""
        dialog, self._dialog = self._dialog, None
        self._stop_timer()
        if dialog is not None and dialog.is_of_use:
            return dialog
        self._end(dialog)
        return DialogProcess()

    async def end(self) -> None:
        """End what nobody has taken."""
        self._drop()
        if self._ending:
            await asyncio.wait(self._ending)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop(self) -> None:
        dialog, self._dialog = self._dialog, None
        self._stop_timer()
        self._end(dialog)

    def _end(self, dialog: DialogProcess | None) -> None:
        if dialog is not None:
            task = asyncio.get_running_loop().create_task(_ended(dialog))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


async def _ended(dialog: DialogProcess) -> None:
    await dialog.kill()
    with suppress(OSError):
        await asyncio.to_thread(dialog.reap)
    dialog.close()
