"""The file of refused sites: the daemon writes it, the settings window shows it.

The file is the list: before each change it is read again, so that what the window takes off stays off. When
both write in the same moment, one change is lost, which costs a click.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bridge.core.decoding import json_decoder
from bridge.core.origin import Origin
from bridge.core.refusals import MOST, Refusal, checked, may_be_kept, noted
from bridge.paths import private_folder, read_private, write_private

_log = logging.getLogger(__name__)

_MAX_BYTES = 65536
_FIRST_DELAY_S = 0.2
_BETWEEN_WRITES_S = 5.0
_SAME_AGAIN_S = 60
_file = json_decoder(tuple[Refusal, ...])


def read(path: Path) -> tuple[Refusal, ...]:
    """The list, the latest first; empty where there is none that can be read."""
    try:
        return checked(_file(read_private(path, _MAX_BYTES)))
    except (OSError, msgspec.DecodeError):
        return ()


def forget(path: Path, origin: Origin) -> None:
    """Take an origin off the list.

    Raises:
        OSError
    """
    _write(path, (refusal for refusal in read(path) if refusal.origin != str(origin)))


def remember(path: Path, refusals: Iterable[Refusal]) -> None:
    """Put origins on the list.

    Raises:
        OSError
    """
    _write(path, noted(read(path), refusals))


def _write(path: Path, refusals: Iterable[Refusal]) -> None:
    private_folder(path.parent)
    write_private(path, msgspec.json.encode(tuple(refusals)))


class RefusedSites:
    """The daemon's side. Writes off the loop, seldom, and only if something has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: tuple[Refusal, ...] = ()
        self._lately: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self._next_at = 0.0
        self._has_failed = False

    @property
    def is_written(self) -> bool:
        """Whether nothing waits to be written."""
        return not self._pending and self._timer is None and self._writing is None

    def note(self, origin: Origin) -> None:
        """A page of `origin` has been refused. Costs nothing worth mentioning, however often it is called."""
        now, name = int(time.time()), str(origin)
        if not may_be_kept(origin) or abs(now - self._lately.get(name, 0)) < _SAME_AGAIN_S:
            return
        if len(self._lately) >= MOST:
            self._lately.clear()
        self._lately[name] = now
        self._pending = noted(self._pending, [Refusal(origin=name, at=now)])
        self._plan()

    async def end(self) -> None:
        """Write what is still to be written."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        if self._timer is not None:
            self._timer.cancel()
        if self._pending:
            await asyncio.to_thread(self._add, self._pending[::-1])

    def _plan(self) -> None:
        if self._timer is None and self._writing is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time() + _FIRST_DELAY_S, self._next_at), self._start)

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        new, self._pending = self._pending[::-1], ()
        self._next_at = loop.time() + _BETWEEN_WRITES_S
        self._writing = loop.run_in_executor(None, self._add, new)
        self._writing.add_done_callback(lambda _: self._written())

    def _written(self) -> None:
        self._writing = None
        if self._pending:
            self._plan()

    def _add(self, new: tuple[Refusal, ...]) -> None:
        try:
            remember(self._path, new)
        except OSError as error:
            if not self._has_failed:
                _log.warning("the list of refused sites cannot be written: %s", error.strerror)
            self._has_failed = True
