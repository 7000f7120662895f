"""The settings window in the test's own process, on a real display."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.preferences.model import Files, Model
from bridge.preferences.window import SettingsWindow
from bridge.ui.own import raise_window
from cardbridge_demo.desktop import Desktop
from tests.ui.hands import click
from tests.ui.stage import Pumped

CONFIG = """\
[[site]]
origin = "https://ebid.example.jp"
name = "かごしま県市町村電子入札システム"
pin = "session"

[[site]]
origin = "https://own.example.jp:8443"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Pumped):
    """The settings window, and a person's hands and eyes."""

    window: SettingsWindow
    files: Files

    def told(self) -> str:
        return self.words()

    def widgets(self) -> list[tk.Misc]:
        """All that are on the screen."""
        self.pump()
        found: list[tk.Misc] = [self.root]
        for widget in found:
            found.extend(widget.winfo_children())
        return [widget for widget in found if widget.winfo_ismapped()]

    def words(self) -> str:
        """Everything that can be read, one a line."""
        readable = (tk.Label, tk.Button, tk.Checkbutton, tk.Radiobutton)
        texts = [str(widget["text"]) for widget in self.widgets() if isinstance(widget, readable)]
        return "\n".join(text.replace("\n", "") for text in texts if text)

    def buttons(self, text: str) -> list[tk.Button]:
        """Those with this text, from top to bottom."""
        found = [w for w in self.widgets() if isinstance(w, tk.Button) and w["text"] == text]
        return sorted(found, key=lambda button: button.winfo_rooty())

    def button(self, text: str) -> tk.Button:
        (button,) = self.buttons(text)
        return button

    def choice(self, text: str) -> tk.Radiobutton:
        return next(
            w
            for w in self.widgets()
            if isinstance(w, tk.Radiobutton) and str(w["text"]).replace("\n", "").startswith(text)
        )

    def box(self) -> tk.Checkbutton:
        return next(w for w in self.widgets() if isinstance(w, tk.Checkbutton))

    def entries(self) -> list[tk.Entry]:
        return [widget for widget in self.widgets() if isinstance(widget, tk.Entry)]

    def click(self, widget: tk.Misc) -> None:
        """Click into the middle of `widget`, after it was scrolled into sight."""
        if str(widget).startswith(f"{self.window.body}."):
            self.window._scrolled.see(widget)
        self.pump()
        click(self.desktop, widget)
        self.pump(0.05)

    def turn_to(self, name: str) -> None:
        self.click(self.choice(name))

    def type_text(self, text: str) -> None:
        self.desktop.type_text(text)
        self.pump()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.desktop.press(key)
            self.pump(0.02)

    def press_when_enabled(self, text: str) -> None:
        """Click a button that cannot be pressed at once."""
        self.until(lambda: str(self.button(text)["state"]) == "normal")
        self.click(self.button(text))


def files_in(folder: Path, *, machine: str | None = None, user: str | None = CONFIG) -> Files:
    """A user's file with `user` in it, and a machine's with `machine`."""
    files = Files(
        user=folder / "config.toml",
        machine=folder / "machine.toml",
        refused=folder / "refused.json",
        proposed=folder / "cardbridge-sites.toml",
        answers=folder / "proposals.json",
    )
    for path, text in ((files.user, user), (files.machine, machine)):
        if text is not None and path is not None:
            path.write_text(text, encoding="utf-8")
    return files


@contextmanager
def settings_window(desktop: Desktop, files: Files) -> Iterator[Settings]:
    root = tk.Tk(screenName=desktop.display, className="cardbridge")
    root.withdraw()
    try:
        window = SettingsWindow(root, Model(files))
        raise_window(root)
        shown = Settings(desktop=desktop, root=root, window=window, files=files)
        shown.until(lambda: isinstance(root.focus_displayof(), tk.Radiobutton))
        yield shown
    finally:
        with suppress(tk.TclError):
            for waiting in root.tk.splitlist(root.tk.call("after", "info")):
                root.tk.call("after", "cancel", waiting)
            window.close()
