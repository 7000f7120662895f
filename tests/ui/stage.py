"""The dialog in the test's own process, on a real display: its widgets can be looked at, and typed into."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import get_args

import msgspec
import pytest

from bridge.core import plainjson
from bridge.core.consent import Answer, Open, Screen, Shown
from bridge.core.document import SignerDocument
from bridge.core.pinentry import PinOutcome
from bridge.ui.dialog import Dialog
from cardbridge_demo.desktop import Desktop
from tests.ui.previews import preview_of

PATIENCE_S = 60.0
_ANSWERS = get_args(Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pumped:
    """A window in the test's own process, on `desktop`; it does nothing but when it is pumped."""

    desktop: Desktop
    root: tk.Tk

    def pump(self, seconds: float = 0.0) -> None:
        """Let the window do what it has been told so far, and what comes within `seconds`."""
        end = time.monotonic() + seconds
        with suppress(tk.TclError):
            while True:
                self.root.winfo_pointerxy()  # asks the display, so that all events until now are here
                self.root.update()
                if time.monotonic() >= end:
                    return
                time.sleep(0.005)

    def until(self, condition: Callable[[], object]) -> None:
        """Let the window work until `condition`."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"this window never came to it: {self.told()}"
            self.pump()
            time.sleep(0.005)

    def told(self) -> str:
        """What the window says, for whoever looks into a failure."""
        raise NotImplementedError

    def widgets(self) -> list[tk.Misc]:
        """All that are on the screen, in the order of their making."""
        return on_the_screen(self.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Pumped):
    """A dialog; the test has the daemon's end of `control` and the worker's of `pin_pipe`."""

    dialog: Dialog
    control: Connection
    pin_pipe: Connection
    dialog_pin_pipe: Connection

    def told(self) -> str:
        return self.words()

    def past_guard(self) -> None:
        self.until(lambda: self.dialog.takes_input)

    def words(self) -> str:
        """Everything that can be read in labels, buttons and boxes, one a line."""
        readable = (tk.Label, tk.Button, tk.Checkbutton)
        texts = [str(widget["text"]) for widget in self.widgets() if isinstance(widget, readable)]
        return "\n".join(text.replace("\n", "") for text in texts if text)

    def entries(self) -> list[tk.Entry]:
        return [widget for widget in self.widgets() if isinstance(widget, tk.Entry)]

    def typed(self) -> list[str]:
        """What stands in the entries."""
        return [entry.get() for entry in self.entries()]

    def button(self, text: str) -> tk.Button:
        return next(w for w in self.widgets() if isinstance(w, tk.Button) and w["text"] == text)

    def box(self) -> tk.Checkbutton | None:
        return next((w for w in self.widgets() if isinstance(w, tk.Checkbutton)), None)

    def focus(self) -> tk.Misc | None:
        return self.root.focus_get()

    def type_text(self, text: str) -> None:
        self.desktop.type_text(text)
        self.pump()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.desktop.press(key)
            self.pump()

    def enter(self, *texts: str) -> None:
        """Type each text into one field and go on with Enter."""
        for text in texts:
            self.type_text(text)
            self.press("Return")

    def show(self, screen: Screen) -> None:
        """As the daemon shows the next screen; it is still guarded when this returns."""
        self.control.send_bytes(plainjson.encode(screen))
        self.until(self.control.poll)
        assert plainjson.decode(self.control.recv_bytes(), Shown) == Shown()

    def say(self, outcome: PinOutcome) -> None:
        """As the worker says what came of it."""
        self.pin_pipe.send_bytes(plainjson.encode(outcome))
        self.until(lambda: not self.dialog_pin_pipe.poll(0))

    def sent(self) -> dict[str, str] | None:
        """What has come to the worker."""
        self.pump()
        if not self.pin_pipe.poll(0):
            return None
        found: dict[str, str] = msgspec.json.decode(self.pin_pipe.recv_bytes())
        return found

    def awaited(self) -> Answer | None:
        """What comes to the daemon: Tk takes a moment to press a button with Space."""
        self.until(lambda: self.control.poll(0))
        return self.answer()

    def answer(self) -> Answer | None:
        """What has come to the daemon."""
        self.pump()
        answer: Answer | None = None
        if self.control.poll(0):
            answer = plainjson.decode(self.control.recv_bytes(), *_ANSWERS)
        return answer


def on_the_screen(root: tk.Tk) -> list[tk.Misc]:
    """All widgets of a window that can be seen, in the order of their making."""
    found: list[tk.Misc] = [root]
    for widget in found:
        found.extend(widget.winfo_children())
    return [widget for widget in found if widget.winfo_ismapped()]


@contextmanager
def stage(
    desktop: Desktop,
    opening: Open,
    documents: Sequence[SignerDocument] | None = None,
    *,
    preview: Connection | None = None,
    is_shown: bool = True,
) -> Iterator[Stage]:
    """A window that has just been shown, and is still guarded.

    Args:
        documents: see `preview_of`.
        preview: takes the place of a preview process.
    """
    previews = preview_of(opening, documents) if preview is None else nullcontext(preview)
    control, theirs = Pipe()
    pin_pipe, dialog_end = Pipe()
    root = tk.Tk(screenName=desktop.display, className="cardbridge")
    root.withdraw()
    try:
        with control, theirs, pin_pipe, dialog_end, previews as connection:
            dialog = Dialog(root, opening, theirs, dialog_end, connection)
            dialog.start()
            assert not is_shown or plainjson.decode(control.recv_bytes(), Shown) == Shown()
            yield Stage(
                desktop=desktop,
                root=root,
                dialog=dialog,
                control=control,
                pin_pipe=pin_pipe,
                dialog_pin_pipe=dialog_end,
            )
    finally:
        with suppress(tk.TclError):
            for waiting in root.tk.splitlist(root.tk.call("after", "info")):
                root.tk.call("after", "cancel", waiting)
            root.destroy()


@contextmanager
def open_stage(
    desktop: Desktop, opening: Open, documents: Sequence[SignerDocument] | None = None
) -> Iterator[Stage]:
    """A window that takes input, after a guard made short: only tests of the guard have time for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.ui.window.GUARD_S", 0.02)
        with stage(desktop, opening, documents) as shown:
            shown.past_guard()
            shown.until(shown.root.focus_displayof)
            yield shown
