"""Eyes and hands of a quick person: when a window is on the screen, to the millisecond, and fast keys.

By the X protocol itself (MapNotify, GetImage, XTEST), so that no program's start is in the times.
"""

from __future__ import annotations

import select
import time
from typing import Any

from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.ext import xtest

from cardbridge_demo.desktop import GUARD_S, Desktop

_PATIENCE_S = 60.0
_LOOK_S = 0.002
_COLOURS = 12
"""More than a window has that is mapped and not painted yet; text has many shades."""
_PAUSE_S = 1.5
"""Longer than the second that goes by between two windows: that is none of the time that is measured."""
_SMALLEST = 100
"""Pixels: a smaller window is none that is read."""


class NoWindow(TimeoutError):
    """The window did not come."""


class Person:
    """Looks at `desktop`, which shows cardbridge's windows only."""

    def __init__(self, desktop: Desktop) -> None:
        self._display = Display(desktop.display)
        self._root = self._display.screen().root
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self._display.sync()
        self._left_at = time.monotonic() - _PAUSE_S

    def leaves(self) -> None:
        """The window has gone."""
        self._left_at = time.monotonic()

    def rests(self) -> None:
        """Until the next window may appear at once."""
        time.sleep(max(0.0, self._left_at + _PAUSE_S - time.monotonic()))

    def comes(self) -> None:
        """Rested; what has appeared up to now is not what is waited for."""
        self.rests()
        self._display.sync()
        while self._display.pending_events():
            self._display.next_event()

    def sees_window(self) -> float:
        """Wait for the next window; `time.perf_counter` when its content was painted.

        Raises:
            NoWindow
        """
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            frame = self._mapped(deadline)
            while frame is not None and time.monotonic() < deadline:
                try:
                    if self._is_painted(frame):
                        return time.perf_counter()
                except XError:  # it has gone again
                    break
                time.sleep(_LOOK_S)
        raise NoWindow("no window of cardbridge appeared")

    def types_pin(self, pin: str) -> tuple[float, float]:
        """Wait for the window and type; the times of its appearance and of the Return key's press.

        Between them is the half second in which a new window takes no input.
        """
        seen = self.sees_window()
        time.sleep(GUARD_S)
        for digit in pin:
            self._press(XK.string_to_keysym(digit))
        pressed = time.perf_counter()
        self._press(XK.XK_Return)
        return seen, pressed

    def _press(self, keysym: int) -> None:
        code = self._display.keysym_to_keycode(keysym)
        xtest.fake_input(self._display, X.KeyPress, code)
        xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()

    def _mapped(self, deadline: float) -> Any:
        while time.monotonic() < deadline:
            if not self._display.pending_events():
                select.select([self._display.fileno()], [], [], 0.5)
                continue
            event = self._display.next_event()
            if event.type == X.MapNotify:
                size = event.window.get_geometry()
                if size.width >= _SMALLEST and size.height >= _SMALLEST:
                    return event.window
        return None

    def _is_painted(self, window: Any) -> bool:
        size = window.get_geometry()
        across, down = size.width // 4, size.height // 4
        image = window.get_image(across, down, 2 * across, down, X.ZPixmap, 0xFFFFFFFF)
        return len(set(memoryview(image.data).cast("I"))) >= _COLOURS
