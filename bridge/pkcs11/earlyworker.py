"""The worker that is started before anybody asks for a card: at most one, and not for long.

It has its bounds and python-pkcs11 and is told no module: none is loaded, no card and no PC/SC is touched
until a request brings an order (`wire.Load`). It serves that one module, like every other worker.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bridge import children
from bridge.core import errors
from bridge.core.settings import DriverSettings
from bridge.core.throttle import Bucket
from bridge.pkcs11 import architecture, wire
from bridge.readiness import EarlyProcess, Ready

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

AT_ONCE, EACH_S = 4, 3.0
"""So many may be started at once, and one more each so many seconds, whatever pages do."""


def spawned(
    bounds: Literal["confined", "free"],
    when: Literal["ordered", "waiting"],
    command: Sequence[str] | None = None,
) -> tuple[subprocess.Popen[bytes], Connection]:
    """A worker and this process's end of its connection. It waits for its order.

    Args:
        when: `waiting` is one that nobody has asked for yet.
        command: another interpreter with its script.

    Raises:
        OSError: no process can be started.
    """
    ours, theirs = children.pipe()
    with theirs:
        process = children.spawn("worker", [theirs], [bounds, when, sys.executable], command=command)
    return process, ours


def is_waiting(process: Path) -> bool:
    """Whether this process, a folder below /proc, is a worker that has been told no module yet (Linux)."""
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
        name = (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return False
    return b"waiting" in arguments and name != wire.NAME


class EarlyWorker(EarlyProcess):
    """Started for the first of `drivers` that such a worker could load; where there is none, not at all."""

    def __init__(self, drivers: tuple[DriverSettings, ...]) -> None:
        self._drivers = drivers
        self._driver: str | None = None
        self._connection: Connection | None = None
        super().__init__()

    def may_serve(self, driver: DriverSettings) -> bool:
        """Whether it is meant for this one, as far as is known."""
        return driver.confined and (not self._starting.done() or self._driver == driver.name)

    def ordered(self, order: bytes) -> tuple[subprocess.Popen[bytes], Connection] | None:
        """Give it its order; it is the caller's from then on. None: it has gone."""
        process, connection = self.process, self._connection
        if process is None or connection is None:
            return None
        try:
            connection.send_bytes(order)
        except OSError:
            return None
        self.process = self._connection = None
        return process, connection

    def _start(self) -> None:
        self._driver = next((each.name for each in self._drivers if _is_loadable(each)), None)
        if self._driver is not None:
            self.process, self._connection = spawned("confined", "waiting")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class ReadyWorker(Ready[EarlyWorker]):
    """See `bridge.readiness.Ready`.

    Args:
        drivers: gives the configured modules as they stand now.
    """

    def __init__(self, drivers: Callable[[], tuple[DriverSettings, ...]]) -> None:
        super().__init__(lambda: EarlyWorker(drivers()), Bucket(AT_ONCE, EACH_S, time.monotonic()))

    def take_for(self, driver: DriverSettings) -> EarlyWorker | None:
        """The one that waits, if it is for this module."""
        return self.take() if self.waiting is not None and self.waiting.may_serve(driver) else None


def _is_loadable(driver: DriverSettings) -> bool:
    """Whether our own interpreter could load it, within the bounds of a worker."""
    with suppress(errors.BridgeError):
        return driver.confined and architecture.interpreter(driver) is None
    return False
