"""The user's own windows from the daemon's side: each is one child process, and there is one of each."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

import msgspec

from bridge import children
from bridge.core.decoding import json_decoder
from bridge.core.desktop import Choice, Show

_log = logging.getLogger(__name__)

_REAP_S = 5.0
_MOST_BYTES = 65536
_choice = json_decoder(Choice)


class OwnWindows:
    """Opens windows by their names in `bridge.children.CHILDREN`.

    Args:
        on_choice: gets the id of what the user chooses in one, on the loop.
        on_end: is called when one has ended.
    """

    def __init__(
        self, on_choice: Callable[[str], None] = lambda _: None, on_end: Callable[[], None] = lambda: None
    ) -> None:
        self._on_choice, self._on_end = on_choice, on_end
        self._open: dict[str, _Window] = {}
        self._turn = asyncio.Lock()

    @property
    def has_any(self) -> bool:
        """Whether one is open or about to be; `on_end` is called later then."""
        return bool(self._open)

    async def show(self, name: str, show: Show) -> bool:
        """Open the window, or bring the one that is open to the front; whether there is one now.

        A window that ends later, because there is no display for instance, is not noticed here.
        """
        async with self._turn:
            window = self._open.get(name)
            if window is not None and await asyncio.to_thread(window.send, show):
                return True
            return await self._start(name, show)

    async def _start(self, name: str, show: Show) -> bool:
        try:
            window = _Window()
            await asyncio.to_thread(window.start, name)
        except (OSError, KeyError) as error:
            _log.error("the window %s cannot be opened: %s", name, error)
            return False
        self._open[name] = window
        window.listen(self._on_choice, lambda: self._ended(name, window))
        return await asyncio.to_thread(window.send, show)

    def _ended(self, name: str, window: _Window) -> None:
        if self._open.get(name) is window:
            del self._open[name]
        self._on_end()

    async def close(self) -> None:
        """End all windows."""
        async with self._turn:
            windows, self._open = list(self._open.values()), {}
            await asyncio.to_thread(_end_all, windows)


def _end_all(windows: list[_Window]) -> None:
    for window in windows:
        window.end()


class _Window:
    """One process. `start`, `send` and `end` block for a moment."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control, self._theirs = children.pipe()
        self._sending = threading.Lock()
        self._reader: threading.Thread | None = None

    def start(self, name: str) -> None:
        try:
            self._process = children.spawn(name, [self._theirs])
        except (OSError, KeyError):
            self._control.close()
            raise
        finally:
            self._theirs.close()

    def listen(self, on_choice: Callable[[str], None], on_end: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()

        def read() -> None:
            while (choice := self._receive()) is not None:
                with suppress(RuntimeError):  # the loop has been closed
                    loop.call_soon_threadsafe(on_choice, choice)
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(on_end)
            self._reap()

        self._reader = threading.Thread(target=read, name="window", daemon=True)
        self._reader.start()

    def send(self, show: Show) -> bool:
        with self._sending:
            try:
                self._control.send_bytes(msgspec.json.encode(show))
            except (OSError, ValueError):
                return False
            return True

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
        if self._reader is not None:
            self._reader.join(_REAP_S)

    def _receive(self) -> str | None:
        try:
            return str(_choice(self._control.recv_bytes(_MOST_BYTES)).id)
        except (EOFError, OSError, msgspec.DecodeError):
            return None

    def _reap(self) -> None:
        """The end of the connection is the end of the window, also of one that says what it should not."""
        if self._process is not None:
            try:
                self._process.wait(_REAP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        with self._sending:
            self._control.close()
