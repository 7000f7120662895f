"""The entry for a PIN or a PUK: masked, on no clipboard, in no variable that outlives it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from contextlib import suppress

from bridge.core.pinentry import PinVerdict
from bridge.ui.characters import half_width, may_be_typed
from bridge.ui.window import Frame

_CAPS_LOCK = 0x0002
_TIMES = 16
_FORBIDDEN = ("<<Copy>>", "<<Cut>>", "<<Paste>>", "<<PasteSelection>>", "<<SelectAll>>")


class PinField:
    """Label and entry; the caller says where they stand.

    Args:
        name: what is typed here, in the user's words.
        lengths: fewest and most characters.
        complain: says what is wrong with the typing; "" when it is right again.

    `opinion` may find something wrong with what has been typed so far.
    """

    def __init__(
        self,
        frame: Frame,
        parent: tk.Frame,
        name: str,
        lengths: tuple[int, int],
        complain: Callable[[str], None],
        hints: Hints,
    ) -> None:
        self._frame, self._name, self._complain = frame, name, complain
        self._fewest, self._most = max(1, lengths[0]), lengths[1]
        self.opinion: Callable[[str], str] = lambda _: ""
        theme = frame.theme
        self._label = theme.label(parent, name, kind=theme.bold)
        self.entry = theme.entry(parent, kind=theme.secret, show="●")
        self.entry.configure(
            validate="key", validatecommand=(frame.root.register(self._may_become), "%d", "%P", "%S")
        )
        for event in _FORBIDDEN:
            self.entry.bind(event, lambda _: "break")
        self.entry.bind("<KeyPress>", hints.watch, add=True)
        self.entry.bind("<FocusIn>", lambda _: self._let_input_methods_in(False), add=True)
        for event in ("<FocusOut>", "<Destroy>"):
            self.entry.bind(event, lambda _: self._let_input_methods_in(True), add=True)

    def _let_input_methods_in(self, are_in: bool) -> None:
        """Not while a PIN is typed: an input method is another program, and learns what is typed (X11)."""
        with suppress(tk.TclError):  # the window is just ending
            root = self._frame.root
            root.tk.call("tk", "useinputmethods", "-displayof", root, are_in)

    def stand_below_its_name(self) -> None:
        """The only field of its parent."""
        self._label.pack(anchor="w")
        self.entry.pack(fill="x", ipady=self._frame.theme.px(4), pady=(0, self._frame.theme.px(2)))

    def stand_in_row(self, row: int) -> None:
        """One of several in its parent, right of its name."""
        px = self._frame.theme.px
        self._label.grid(row=row, column=0, sticky="w", padx=(0, px(14)), pady=(0, px(6)))
        self.entry.grid(row=row, column=1, sticky="ew", ipady=px(2), pady=(0, px(6)))
        self.entry.master.columnconfigure(1, weight=1)

    def _may_become(self, action: str, whole: str, inserted: str) -> bool:
        texts = self._frame.texts
        is_insertion = action == "1"
        if is_insertion and not may_be_typed(inserted):
            self._complain(texts("bad_character"))
            return False
        if is_insertion and len(whole) > self._most:
            self._complain(texts("too_long", name=self._name, count=self._most))
            return False
        self._complain(self.opinion(half_width(whole)))
        return True

    def peek(self) -> str:
        return half_width(self.entry.get())

    def complaint(self) -> str | None:
        """Why what is typed cannot be tried."""
        if len(self.entry.get()) >= self._fewest:
            return None
        return self._frame.texts("too_short", name=self._name, count=self._fewest)

    def empty(self) -> None:
        """Also out of Tcl's memory: what is typed and asked for next lies where the last text lay."""
        state, length = self.entry["state"], len(self.entry.get())
        self.entry.configure(state="normal", validate="none")
        self.entry.delete(0, "end")
        for _ in range(_TIMES if length else 0):
            self.entry.insert(0, "x" * length)
            self.entry.get()
            self.entry.delete(0, "end")
        self.entry.configure(state=state, validate="key")

    def lock(self) -> None:
        """Take no more keys, until `ask`."""
        self.entry.configure(state="disabled")

    def ask(self) -> None:
        self.entry.configure(state="normal")


class Keypad:
    """The reader has a keypad: there is nothing to type here, and nothing comes here."""

    def __init__(self, frame: Frame, text: str) -> None:
        frame.theme.label(frame.controls, frame.texts(text)).pack(anchor="w")

    def peek(self) -> str:
        return ""

    def take(self) -> str | None:
        return ""

    def try_again(self, verdict: PinVerdict) -> None:
        pass

    def close(self) -> None:
        pass


class Hints:
    """The line below the fields: what may be typed, or that Caps Lock is on."""

    def __init__(self, frame: Frame, hint: str) -> None:
        self._frame, self._hint = frame, hint
        self._label = frame.theme.label(frame.controls, "", kind=frame.theme.small)

    def show(self) -> None:
        self._label.pack(anchor="w")
        self._say(has_caps_lock=False)

    def watch(self, event: tk.Event[tk.Misc]) -> None:
        is_on = bool(int(event.state) & _CAPS_LOCK)
        self._say(has_caps_lock=is_on != (event.keysym == "Caps_Lock"))

    def _say(self, *, has_caps_lock: bool) -> None:
        text = self._frame.texts("caps") if has_caps_lock else self._hint
        theme = self._frame.theme
        colour = theme.palette.alert if has_caps_lock else theme.palette.faint
        self._label.configure(text=theme.fold(text, kind=theme.small), foreground=colour)
