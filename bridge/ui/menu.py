"""The tray's menu as a small window, for trays without menus. It goes when something else is clicked."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable

from bridge.core.desktop import Entry, Show
from bridge.ui import own
from bridge.ui.theme import Theme

_WIDTH_PX = 380
_LEFT_MS = 250


def main(argv: list[str]) -> int:
    return own.run(argv, build)


def build(root: tk.Tk, show: Show, daemon: own.Daemon) -> Callable[[Show], None]:
    """Fill the window beside the pointer, which is on the icon."""
    _Menu(root, show, daemon)
    return lambda _: root.destroy()  # a second click on the icon


class _Menu:
    def __init__(self, root: tk.Tk, show: Show, daemon: own.Daemon) -> None:
        self._root, self._daemon = root, daemon
        self._theme = theme = Theme(root)
        root.title(show.title)
        root.resizable(False, False)
        frame = theme.frame(root, theme.palette.edge)
        frame.pack(fill="both", expand=True)
        self._list = theme.frame(frame)
        self._list.pack(fill="both", expand=True, padx=1, pady=1)
        self._buttons = [button for entry in show.menu if (button := self._add(entry)) is not None]
        root.bind("<Escape>", lambda _: root.destroy())
        root.bind("<FocusOut>", self._left)
        root.bind("<Down>", lambda _: self._move(1))
        root.bind("<Up>", lambda _: self._move(-1))
        self._place()

    def _add(self, entry: Entry) -> tk.Button | None:
        theme, palette = self._theme, self._theme.palette
        if not entry.id:
            if entry.label:
                label = theme.label(self._list, entry.label, colour=palette.faint, width=theme.px(_WIDTH_PX))
                label.pack(anchor="w", fill="x", padx=theme.px(16), pady=theme.px(3))
            else:
                line = tk.Frame(self._list, background=palette.line, height=1)
                line.pack(fill="x", pady=theme.px(4))
            return None
        button = tk.Button(
            self._list,
            text=entry.label,
            command=lambda: self._choose(entry.id),
            font=theme.body,
            background=palette.paper,
            foreground=palette.ink,
            activebackground=palette.chosen,
            activeforeground=palette.ink,
            relief="flat",
            borderwidth=0,
            highlightthickness=theme.px(2),
            highlightbackground=palette.paper,
            highlightcolor=palette.accent,
            anchor="w",
            padx=theme.px(14),
            pady=theme.px(4),
        )
        for key in ("<Return>", "<KP_Enter>"):
            button.bind(key, lambda _: self._choose(entry.id))
        button.pack(fill="x")
        return button

    def _choose(self, id: str) -> None:
        self._daemon.choose(id)
        self._root.destroy()

    def _move(self, step: int) -> None:
        focused = self._root.focus_get()
        index = next(
            (i for i, button in enumerate(self._buttons) if button is focused), -1 if step > 0 else 0
        )
        self._buttons[(index + step) % len(self._buttons)].focus_set()

    def _left(self, event: tk.Event[tk.Misc]) -> None:
        """Gone when the keyboard goes elsewhere; some window managers take it for the time of a click."""
        self._root.after(_LEFT_MS, self._look)

    def _look(self) -> None:
        if self._root.focus_displayof() is None:
            self._root.destroy()

    def _place(self) -> None:
        root = self._root
        root.update_idletasks()
        width = max(root.winfo_reqwidth(), self._theme.px(_WIDTH_PX))
        height = root.winfo_reqheight()
        x, y = root.winfo_pointerxy()
        gap, edge = self._theme.px(14), self._theme.px(4)
        left = min(max(edge, x - width // 2), max(0, root.winfo_screenwidth() - width - edge))
        is_below = y + gap + height + edge <= root.winfo_screenheight()
        top = y + gap if is_below else max(0, y - gap - height)
        root.geometry(f"{width}x{height}+{left}+{top}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
