"""What another process of this program may ask of the daemon: the end, the settings (`bridge.instance`), room
for new files (`bridge.upgrade`). On Windows by events, elsewhere by signals.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bridge import handover

_log = logging.getLogger(__name__)


class End:
    """`over` when the daemon serves no longer: `is_wished`, or it rests; `is_aside`: for new files."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.is_wished = False
        self.is_aside = False
        self.is_handed_on = False
        self.is_settings_next = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.wish)
            except NotImplementedError:  # the Windows loops have no signal handlers
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.wish))
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGUSR2, self._step_aside)

    def wish(self) -> None:
        """The daemon is to end; where it is handed on already, the one that it becomes."""
        self.is_wished = True
        self.over.set()

    def _step_aside(self) -> None:
        self.is_aside = True
        self.wish()

    def settings_next(self) -> None:
        """The settings are for the daemon that this one becomes to open."""
        self.is_settings_next = True

    def pass_on(self) -> None:
        """What was heard too late for this daemon is for the one that it becomes: signals are held now.

        Sent to this thread alone: another, which is just ending, would hear them once more.
        """
        if sys.platform == "win32":
            return
        if self.is_wished:
            signal.raise_signal(signal.SIGUSR2 if self.is_aside else signal.SIGTERM)
        if self.is_settings_next:
            signal.raise_signal(signal.SIGUSR1)


@contextmanager
def heard(choose: Callable[[str], None], end: End) -> Iterator[None]:
    """The settings are opened by ``choose("settings")`` from now on, and on Windows the end is heard."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        from bridge.winevents import Wishes

        acts: dict[str, Callable[[], None]] = {"settings": lambda: choose("settings"), "stop": end.wish}
        try:
            wishes = Wishes(lambda wish: loop.call_soon_threadsafe(acts[wish]))
        except OSError as error:
            _log.warning("nobody can ask this daemon to end: %s", error)
            yield
            return
        try:
            yield
        finally:
            wishes.close()
    else:
        loop.add_signal_handler(
            signal.SIGUSR1, lambda: end.settings_next() if end.is_handed_on else choose("settings")
        )
        handover.let_signals_through()
        try:
            yield
        finally:
            if handover.are_signals_held():  # in this thread: the others, which end now, still hear them
                loop.add_signal_handler(signal.SIGUSR1, end.settings_next)
            else:
                loop.remove_signal_handler(signal.SIGUSR1)
                signal.signal(signal.SIGUSR1, signal.SIG_IGN)
