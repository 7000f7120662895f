"""The frame of the user's own small windows: a band, words below each other, buttons."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.ui.theme import Theme

_NAMES_PX = 170


class PlainWindow:
    """Fills `root` from the top; `finish` gives it its size."""

    def __init__(self, root: tk.Tk, title: str) -> None:
        self._root = root
        self.theme = theme = Theme(root)
        root.title(title)
        root.resizable(False, False)
        root.protocol("WM_DELETE_WINDOW", root.destroy)
        root.bind("<Escape>", lambda _: root.destroy())
        palette = theme.palette
        band = theme.frame(root, palette.band)
        band.pack(fill="x")
        label = theme.label(band, title, kind=theme.title, colour=palette.on_band)
        label.pack(anchor="w", padx=theme.px(24), pady=theme.px(12))
        self.body = theme.frame(root)
        self.body.pack(fill="both", expand=True, padx=theme.px(24), pady=(theme.px(14), theme.px(14)))
        footer = theme.frame(root, palette.panel)
        footer.pack(fill="x", side="bottom")
        tk.Frame(footer, background=palette.line, height=1).pack(fill="x")
        self._buttons = theme.frame(footer, palette.panel)
        self._buttons.pack(side="right", padx=theme.px(24), pady=theme.px(10))

    def row(self, name: str, value: str) -> None:
        """A name, and beside it a value that can be selected and copied."""
        theme = self.theme
        row = theme.frame(self.body)
        row.pack(fill="x", pady=theme.px(3))
        names = theme.px(_NAMES_PX)
        left = theme.frame(row)
        left.configure(width=names)
        left.pack(side="left", anchor="n")
        theme.label(left, name, colour=theme.palette.faint, width=names).pack(anchor="w")
        tk.Frame(left, background=theme.palette.paper, width=names, height=0).pack()
        width = theme.width - names - theme.px(60)
        folded = theme.fold(value, width=width)
        shown = tk.Text(
            row,
            font=theme.body,
            height=folded.count("\n") + 1,
            width=1,
            wrap="char",
            relief="flat",
            borderwidth=0,
            padx=0,
            pady=0,
            highlightthickness=0,
            cursor="xterm",
            takefocus=False,
        )
        shown.insert("1.0", folded)
        shown.configure(state="disabled")
        shown.pack(side="left", fill="x", expand=True)

    def message(self, title: str, text: str) -> None:
        theme = self.theme
        if title:
            theme.label(self.body, title, kind=theme.bold).pack(anchor="w", pady=(theme.px(2), theme.px(4)))
        theme.label(self.body, text).pack(anchor="w", pady=(0, theme.px(8)))

    def button(self, text: str, action: Callable[[], object], *, is_default: bool = False) -> tk.Button:
        button = self.theme.button(self._buttons, text, is_default=is_default)
        button.configure(command=action)
        button.pack(side="left", padx=(self.theme.px(8), 0))
        if is_default:
            for key in ("<Return>", "<KP_Enter>"):
                self._root.bind(key, lambda _: action())
            button.focus_set()
        return button

    def finish(self) -> None:
        """Give the window its size, in the middle of the screen."""
        root, theme = self._root, self.theme
        root.update_idletasks()
        width, height = theme.width, root.winfo_reqheight()
        left = (root.winfo_screenwidth() - width) // 2
        top = max(0, (root.winfo_screenheight() - height) // 3)
        root.geometry(f"{width}x{height}+{left}+{top}")
