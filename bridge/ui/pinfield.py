"""The entry for a PIN: masked, on no clipboard, in no variable that outlives it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import PinEntry
from bridge.ui.characters import half_width, may_be_typed
from bridge.ui.theme import ACCENT, ALERT, FAINT, LINE
from bridge.ui.window import Frame

_CAPS_LOCK = 0x0002
_FORBIDDEN = ("<<Copy>>", "<<Cut>>", "<<SelectAll>>")


class PinField:
    """Label, entry and hints.

    Args:
        say: shows a sentence in the window's message line.
    """

    def __init__(self, frame: Frame, wanted: PinEntry, say: Callable[[str], None]) -> None:
        self._frame, self._wanted, self._say = frame, wanted, say
        theme, texts = frame.theme, frame.texts
        theme.label(frame.body, texts("pin"), kind=theme.bold).pack(anchor="w")
        check = frame.root.register(self._may_become)
        self.entry = tk.Entry(
            frame.body,
            show="●",
            font=theme.entry,
            exportselection=False,
            relief="solid",
            borderwidth=1,
            highlightthickness=theme.px(2),
            highlightcolor=ACCENT,
            highlightbackground=LINE,
            validate="key",
            validatecommand=(check, "%P", "%S"),
        )
        self.entry.pack(fill="x", ipady=theme.px(5))
        for event in _FORBIDDEN:
            self.entry.bind(event, lambda _: "break")
        self.entry.bind("<KeyPress>", self._watch_caps_lock, add=True)
        theme.label(frame.body, texts("pin_hint"), kind=theme.small, colour=FAINT).pack(anchor="w")
        self._caps = theme.label(frame.body, "", kind=theme.small, colour=ALERT)
        self._caps.pack(anchor="w")

    def _may_become(self, whole: str, inserted: str) -> bool:
        texts = self._frame.texts
        if not may_be_typed(inserted):
            self._say(texts("bad_character"))
            return False
        if len(whole) > self._wanted.max_length:
            self._say(texts("too_long", count=self._wanted.max_length))
            return False
        return True

    def _watch_caps_lock(self, event: tk.Event[tk.Misc]) -> None:
        is_on = bool(int(event.state) & _CAPS_LOCK)
        if event.keysym == "Caps_Lock":
            is_on = not is_on
        self._caps.configure(text=self._frame.texts("caps") if is_on else "")

    def peek(self) -> str:
        return half_width(self.entry.get())

    def take(self) -> str | None:
        """The PIN, which is gone from the field with it; None where it is too short to be tried."""
        pin = self.peek()
        if len(pin) < max(1, self._wanted.min_length):
            self._say(self._frame.texts("too_short", count=max(1, self._wanted.min_length)))
            return None
        self.entry.delete(0, "end")
        self.entry.configure(state="disabled")
        return pin

    def ask_again(self) -> None:
        self.entry.configure(state="normal")
        self.entry.delete(0, "end")
        self.entry.focus_force()

    def close(self) -> None:
        self.entry.delete(0, "end")
        self.entry.configure(state="disabled")
