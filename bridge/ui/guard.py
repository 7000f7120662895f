"""The guard against input that was not meant for the window: typed ahead, clicked twice, a key held down."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

GUARD_S = 0.5

_TAG = "CardbridgeGuard"
_SWALLOWED = ("<ButtonPress>", "<ButtonRelease>", "<<Paste>>", "<<PasteSelection>>")
_ONCE = ("Return", "KP_Enter", "Escape", "space")


class Guard:
    """Stands before every other binding of the window's widgets. It is on from `start` to `stop`.

    `on_swallowed` hears of each press that it keeps back: somebody is still typing or clicking elsewhere.

    Also while it is off, a key that was already down when it was on does not count until it is released,
    and Enter, Escape and Space count once for each press, however long they are held.
    """

    def __init__(self, root: tk.Tk, on_swallowed: Callable[[], None]) -> None:
        self.is_on = True
        self._on_swallowed = on_swallowed
        self._down: set[int] = set()
        self._released_at: dict[int, int] = {}
        self._counting: set[int] = set()
        root.bind_class(_TAG, "<KeyPress>", self._pressed)
        root.bind_class(_TAG, "<KeyRelease>", self._released)
        for event in _SWALLOWED:
            root.bind_class(_TAG, event, self._swallow)
        for event in ("<FocusOut>", "<FocusIn>"):  # what was released meanwhile, nobody tells
            root.bind(event, lambda _: self._down.clear(), add=True)

    def start(self) -> None:
        self.is_on = True

    def stop(self) -> None:
        self.is_on = False

    def watch(self, widget: tk.Misc) -> None:
        """Stand before `widget` and all that is in it."""
        tags = [tag for tag in widget.bindtags() if tag != _TAG]
        widget.bindtags((_TAG, *tags))
        for child in widget.winfo_children():
            self.watch(child)

    def _swallow(self, event: tk.Event[tk.Misc]) -> str | None:
        if self.is_on and event.type is tk.EventType.ButtonPress:
            self._on_swallowed()
        return "break" if self.is_on else None

    def _pressed(self, event: tk.Event[tk.Misc]) -> str | None:
        code = event.keycode
        is_repeated = self._is_repeated(event)
        self._down.add(code)
        if is_repeated:
            counts = code in self._counting and not self.is_on and event.keysym not in _ONCE
            return None if counts else "break"
        if self.is_on:
            self._counting.discard(code)
            if event.keysym != "Escape":  # who wants to cancel, and presses it again and again, shall succeed
                self._on_swallowed()
            return "break"
        self._counting.add(code)
        return None

    def _released(self, event: tk.Event[tk.Misc]) -> str | None:
        self._released_at[event.keycode] = event.time
        self._down.discard(event.keycode)
        return self._swallow(event)

    def _is_repeated(self, event: tk.Event[tk.Misc]) -> bool:
        """X sends a release and a press with one time for each repetition, Windows only presses.

        Keycode 0 is text from an input method (Xlib, section 13.10): no key, so never one that is held.
        """
        code = event.keycode
        return code != 0 and (code in self._down or self._released_at.get(code) == event.time)
