"""Fonts, colours and sizes of all windows: one visual family, its own on dark desktops too."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import font
from typing import Any

from bridge.ui.folding import fold
from bridge.ui.scaling import wanted_scale

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

_DISABLED = "#6b7883"
_DISABLED_PAPER = "#dde3e8"
EDGE = "#8c99a5"
CHOSEN = "#e1edf6"
_NEEDS = (620, 860)  # the signing window and what stands around it, in pixels at 96 dpi
_FAMILIES = ("Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", "Meiryo", "Hiragino Sans", "IPAGothic")
_RESOURCES = {  # by class where it is one of its own, else by name (Tk, options(n))
    "Background": PAPER,
    "Foreground": INK,
    "ActiveBackground": LINE,
    "ActiveForeground": INK,
    "DisabledForeground": _DISABLED,
    "HighlightBackground": PAPER,
    "HighlightColor": ACCENT,
    "insertBackground": INK,
    "selectBackground": ACCENT,
    "selectForeground": ON_BAND,
    "troughColor": PANEL,
}


class Theme:
    """Sizes in pixels for this screen: `px` scales from 96 dpi."""

    paper = PAPER

    def __init__(self, root: tk.Tk) -> None:
        fitting = min(root.winfo_screenwidth() / _NEEDS[0], root.winfo_screenheight() / _NEEDS[1])
        self._scale = max(1.0, min(wanted_scale(root), fitting))
        root.tk.call("tk", "scaling", self._scale * 96 / 72)
        for name, colour in _RESOURCES.items():
            root.option_add(f"*{name}", colour, "interactive")
        known = set(font.families(root))
        family = next((name for name in _FAMILIES if name in known), "TkDefaultFont")
        self.body = font.Font(root, family=family, size=10)
        self.bold = font.Font(root, family=family, size=10, weight="bold")
        self.small = font.Font(root, family=family, size=9)
        self.title = font.Font(root, family=family, size=13, weight="bold")
        self.secret = font.Font(root, family=family, size=14)
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
            text=self.fold(text, kind=kind, width=width),
            wraplength=width or self.width - self.px(52),
            font=kind or self.body,
            foreground=colour,
            background=str(parent["background"]),
            justify="left",
            anchor="w",
        )

    def fold(self, text: str, *, kind: font.Font | None = None, width: int | None = None) -> str:
        """`text` with the line breaks that `label` gives it."""
        return fold(text, width or self.width - self.px(52), (kind or self.body).measure)

    def button(self, parent: tk.Misc, text: str, *, is_default: bool = False) -> tk.Button:
        colours = (ACCENT, ON_BAND, ACCENT_ACTIVE) if is_default else (LINE, INK, "#b4c1cc")
        return tk.Button(
            parent,
            text=text,
            font=self.bold if is_default else self.body,
            background=colours[0],
            foreground=colours[1],
            activebackground=colours[2],
            activeforeground=colours[1],
            disabledforeground=_DISABLED,
            relief="flat",
            borderwidth=0,
            highlightthickness=self.px(3),
            highlightbackground=str(parent["background"]),
            highlightcolor=INK,
            padx=self.px(22),
            pady=self.px(6),
            width=9,
        )

    def enable(self, button: tk.Button, *, is_enabled: bool) -> None:
        """Let a default button be pressed, or look as if it could not."""
        button.configure(
            state="normal" if is_enabled else "disabled",
            background=ACCENT if is_enabled else _DISABLED_PAPER,
        )

    def entry(self, parent: tk.Misc, *, kind: font.Font | None = None, show: str = "") -> tk.Entry:
        return tk.Entry(
            parent,
            show=show,
            font=kind or self.body,
            exportselection=not show,
            relief="flat",
            borderwidth=self.px(3),
            background=PAPER,
            foreground=INK,
            insertbackground=INK,
            disabledbackground=PANEL,
            disabledforeground=FAINT,
            highlightthickness=self.px(2),
            highlightcolor=ACCENT,
            highlightbackground=EDGE,
        )

    def scrollbar(self, parent: tk.Misc, command: Callable[..., Any], width: int) -> tk.Scrollbar:
        return tk.Scrollbar(
            parent,
            command=command,
            width=width,
            background=LINE,
            activebackground=FAINT,
            troughcolor=PANEL,
            relief="flat",
            borderwidth=0,
            elementborderwidth=1,
            highlightthickness=0,
            takefocus=False,
        )

    def frame(self, parent: tk.Misc, background: str = PAPER) -> tk.Frame:
        return tk.Frame(parent, background=background)
