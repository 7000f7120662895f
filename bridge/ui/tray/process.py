"""The daemon's side of the tray: a process that may end at any time, and is started again."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from bridge import children
from bridge.arrivals import Arrivals, arrivals
from bridge.core.decoding import json_decoder
from bridge.core.desktop import Choice, Notification, Notified, TrayAnswer, TrayReady, TrayState
from bridge.handover import HandedChild, HandedTray
from bridge.ui.tray.interpreter import candidates, packages

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_log = logging.getLogger(__name__)

_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""Before each new start; after as many failures in a row there is no tray any more."""

_STEADY_S = 60.0
_READY_S = 30.0
_NOTIFY_S = 10.0
_END_S = 2.0
_END = b'{"type": "end"}'
"""What Windows' pipes need to be told: they know no shutdown(2)."""

_MOST_BYTES = 65536
_answer = json_decoder(TrayAnswer)


class Tray:
    """Keeps an icon in the tray where there is one.

    Args:
        on_choice: gets the id of the chosen entry.
        handed_on: an icon that is there already, by a process that `release` has let go.
    """

    def __init__(
        self,
        state: TrayState,
        on_choice: Callable[[str], None],
        handed_on: HandedTray | None = None,
    ) -> None:
        self._state = state
        self._on_choice = on_choice
        self._handed_on = handed_on
        self._is_starting = False
        self._changed = asyncio.Event()
        self._process: _Process | None = None
        self._notifications: dict[int, asyncio.Future[bool]] = {}
        self._numbers = 0
        self._settled = asyncio.Event()

    async def settled(self) -> None:
        """Wait until there is an icon, or it is certain that there is none for now."""
        await self._settled.wait()

    def show(self, state: TrayState) -> None:
        """Show `state` from now on. Where states follow each other quickly, only the last is sent."""
        if state != self._state:
            self._state = state
            self._changed.set()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is just being said about an icon, or by it, and none is being started."""
        if self._process is None:
            return not self._is_starting
        return self._process.is_settled and not self._changed.is_set()

    def release(self) -> HandedTray | None:
        """Let go of the process, which is handed on; only while `is_settled`. None where there is none."""
        return None if self._process is None else self._process.release()

    async def notify(self, title: str, text: str) -> bool:
        """Whether the desktop has shown it."""
        if self._process is None:
            return False
        self._numbers += 1
        number = self._numbers
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._notifications[number] = answer
        try:
            await self._process.send(Notification(number=number, title=title, text=text))
            async with asyncio.timeout(_NOTIFY_S):
                return await answer
        except (OSError, TimeoutError):
            return False
        finally:
            del self._notifications[number]

    async def keep(self) -> None:
        """Start the tray again whenever it ends; returns where there is none to be had."""
        failures = 0
        while failures < len(_DELAYS_S):
            lived_s = await self._live()
            self._settled.set()
            if lived_s is None and not candidates():
                _log.info("no tray: there is no display")
                return
            failures = 1 if lived_s is not None and lived_s >= _STEADY_S else failures + 1
            _log.warning("the tray has ended; it is started again")
            await asyncio.sleep(_DELAYS_S[failures - 1])
        _log.error("the tray cannot be started; the daemon goes on without it")

    async def _live(self) -> float | None:
        """One life of the tray: how many seconds it was there, None for never."""
        loop = asyncio.get_running_loop()
        for begin in self._ways():
            process = _Process()
            began = loop.time()
            self._is_starting = True
            try:
                if await begin(process):
                    await self._serve(process)
                    return loop.time() - began
            finally:
                self._process, self._is_starting = None, False
                process.close()
                await asyncio.shield(asyncio.to_thread(process.end))
        return None

    def _ways(self) -> Iterator[Callable[[_Process], Awaitable[bool]]]:
        """How there may come to be an icon, the best first; each says whether there is one."""
        handed_on, self._handed_on = self._handed_on, None
        if handed_on is not None:
            yield partial(self._adopt, handed_on)
        for command, backend in candidates():
            yield partial(self._start, command, backend)

    async def _adopt(self, handed_on: HandedTray, process: _Process) -> bool:
        try:
            process.adopt(handed_on)
            await process.send(self._state)
        except OSError as error:
            _log.warning("the icon that was there has gone: %s", error)
            return False
        return True

    async def _start(self, command: list[str] | None, backend: str, process: _Process) -> bool:
        try:
            await asyncio.to_thread(process.start, command, backend)
            await process.send(self._state)
            async with asyncio.timeout(_READY_S):
                ready = await process.next()
        except (OSError, TimeoutError) as error:
            _log.warning("no tray by %s: %s", backend, error)
            return False
        if not isinstance(ready, TrayReady):
            return False
        _log.info("tray by %s", ready.backend)
        return True

    async def _serve(self, process: _Process) -> None:
        """Feed the process until it ends."""
        self._process, self._is_starting = process, False
        self._settled.set()
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(self._feed(process))
            while (answer := await process.next()) is not None:
                self._take(answer)
            feeding.cancel()

    async def _feed(self, process: _Process) -> None:
        with suppress(OSError):
            while True:
                await self._changed.wait()
                self._changed.clear()
                await process.send(self._state)

    def _take(self, answer: TrayAnswer) -> None:
        match answer:
            case Choice(id=id):
                self._on_choice(id)
            case Notified(number=number, is_shown=is_shown):
                waiting = self._notifications.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(is_shown)


class _Process:
    """One process. Where the loop cannot watch its pipe (Windows), a thread reads it."""

    def __init__(self) -> None:
        self._answers: asyncio.Queue[TrayAnswer | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | HandedChild | None = None
        self._control: Connection | None = None
        self._arrivals: Arrivals | None = None
        self._reader: threading.Thread | None = None
        self._sending = threading.Lock()

    @property
    def is_settled(self) -> bool:
        """Whether no message is under way from here, nor one of the process read in part."""
        is_read = self._arrivals is not None and self._arrivals.is_between
        return is_read and not self._sending.locked()

    def adopt(self, handed_on: HandedTray) -> None:
        """Raises: OSError, it is no child of this process, or has ended."""
        if not stat.S_ISSOCK(os.fstat(handed_on.control).st_mode):
            raise OSError(errno.ENOTSOCK, "no connection")
        (self._control,) = children.inherited(str(handed_on.control))
        self._process = HandedChild(handed_on.pid)
        self._arrivals = arrivals(self._control)

    def release(self) -> HandedTray | None:
        """Leave the process as it is: `end` closes what is left here."""
        process, self._process = self._process, None
        if process is None or self._control is None or self._arrivals is None:
            return None
        self._arrivals.look_away()
        return HandedTray(control=os.dup(self._control.fileno()), pid=process.pid)

    def close(self) -> None:
        """Hear nothing more, in the loop's thread; `end` follows."""
        if self._arrivals is not None:
            self._arrivals.close()

    async def next(self) -> TrayAnswer | None:
        """What it says next; None is its end."""
        if self._arrivals is None:
            return await self._answers.get()
        with suppress(EOFError, OSError, msgspec.DecodeError):
            message = await self._arrivals.next()
            if len(message) <= _MOST_BYTES:
                answer: TrayAnswer = _answer(message)
                return answer
        return None

    def start(self, command: list[str] | None, backend: str) -> None:
        """Blocks for a moment.

        Raises:
            OSError
        """
        self._control, theirs = children.pipe()
        with theirs:
            if command is None:
                self._process = children.spawn("tray", [theirs], [backend])
            else:
                self._process = children.spawn("tray", [theirs], [backend, *packages()], command=command)
        self._arrivals = arrivals(self._control)
        if self._arrivals is None:
            self._reader = threading.Thread(
                target=self._read, args=(self._control,), name="tray", daemon=True
            )
            self._reader.start()

    async def send(self, message: msgspec.Struct) -> None:
        """Raises: OSError, the process is gone."""
        await asyncio.to_thread(self._send, msgspec.json.encode(message))

    def _send(self, message: bytes) -> None:
        with self._sending:
            if self._control is None:
                raise BrokenPipeError
            self._control.send_bytes(message)

    def _read(self, control: Connection) -> None:
        while True:
            try:
                answer: TrayAnswer | None = _answer(control.recv_bytes(_MOST_BYTES))
            except (EOFError, OSError, msgspec.DecodeError):
                answer = None
            with suppress(RuntimeError):  # the loop has been closed
                self._loop.call_soon_threadsafe(self._answers.put_nowait, answer)
            if answer is None:
                return

    def end(self) -> None:
        """Take the icon away and end the process; blocks for a moment."""
        process, control = self._process, self._control
        if control is not None and process is not None:
            self._ask_to_end(control)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_S)
        if process is not None:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join(_END_S)
        with self._sending:
            if control is not None:
                control.close()
            self._control = None

    def _ask_to_end(self, control: Connection) -> None:
        """A process that is killed would leave its icon in the task bar of Windows."""
        if sys.platform == "win32":
            with suppress(OSError):
                self._send(_END)
        else:
            _shut(control)


def _shut(control: Connection) -> None:
    """The process reads the end from now on, although a thread of ours still reads: shutdown(2)."""
    with suppress(OSError), socket.socket(fileno=os.dup(control.fileno())) as pipe:
        pipe.shutdown(socket.SHUT_RDWR)
