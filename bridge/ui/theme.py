"""Fonts, colours and sizes of all windows: one visual family, its own on dark desktops too."""

from __future__ import annotations

import tkinter as tk
from tkinter import font

INK = "#1b2733"
FAINT = "#5a6773"
PAPER = "#ffffff"
PANEL = "#f2f5f8"
LINE = "#c9d3dc"
BAND = "#12456b"
ON_BAND = "#ffffff"
ACCENT = "#12659c"
ACCENT_ACTIVE = "#0d4f7a"
ALERT = "#a3210f"
ALERT_PAPER = "#fdf0ed"

_NEEDS = (620, 860)  # the signing window and what stands around it, in pixels at 96 dpi
_FAMILIES = ("Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", "Meiryo", "Hiragino Sans", "IPAGothic")


class Theme:
    """Sizes in pixels for this screen: `px` scales from 96 dpi."""

    def __init__(self, root: tk.Tk) -> None:
        wanted = max(1.0, root.winfo_fpixels("1i") / 96)
        fitting = min(root.winfo_screenwidth() / _NEEDS[0], root.winfo_screenheight() / _NEEDS[1])
        self._scale = max(1.0, min(wanted, fitting))
        root.tk.call("tk", "scaling", self._scale * 96 / 72)
        known = set(font.families(root))
        family = next((name for name in _FAMILIES if name in known), "TkDefaultFont")
        self.body = font.Font(root, family=family, size=10)
        self.bold = font.Font(root, family=family, size=10, weight="bold")
        self.small = font.Font(root, family=family, size=9)
        self.title = font.Font(root, family=family, size=13, weight="bold")
        self.entry = font.Font(root, family=family, size=14)
        self.width = min(self.px(560), root.winfo_screenwidth() - self.px(40))
        root.configure(background=PAPER)

    def px(self, pixels: int) -> int:
        return round(pixels * self._scale)

    def label(
        self,
        parent: tk.Misc,
        text: str,
        *,
        kind: font.Font | None = None,
        colour: str = INK,
        width: int | None = None,
    ) -> tk.Label:
        """A label that wraps at `width` pixels, by default at the window's."""
        return tk.Label(
            parent,
            text=text,
            font=kind or self.body,
            foreground=colour,
            background=str(parent["background"]),
            justify="left",
            anchor="w",
            wraplength=width or self.width - self.px(48),
        )

    def button(self, parent: tk.Misc, text: str, *, is_default: bool = False) -> tk.Button:
        colours = (ACCENT, ON_BAND, ACCENT_ACTIVE) if is_default else (PANEL, INK, LINE)
        return tk.Button(
            parent,
            text=text,
            font=self.bold if is_default else self.body,
            background=colours[0],
            foreground=colours[1],
            activebackground=colours[2],
            activeforeground=colours[1],
            disabledforeground="#8a97a3",
            relief="flat",
            borderwidth=0,
            highlightthickness=self.px(2),
            highlightbackground=ACCENT if is_default else LINE,
            highlightcolor=INK,
            padx=self.px(22),
            pady=self.px(6),
            width=9,
        )

    def frame(self, parent: tk.Misc, background: str = PAPER) -> tk.Frame:
        return tk.Frame(parent, background=background)
