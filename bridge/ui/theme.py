"""Fonts, colours and sizes of all windows: one visual family, bright and dark."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from tkinter import font
from typing import Any

from bridge.ui.appearance import prefers_dark
from bridge.ui.folding import fold
from bridge.ui.palette import DARK, LIGHT
from bridge.ui.scaling import wanted_scale

_NEEDS = (620, 680)  # the highest window, its body scrolled, and what stands around it, in pixels at 96 dpi
_POINTS = (10, 10, 9, 13, 14)
_FAMILIES = ("Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", "Meiryo", "Hiragino Sans", "IPAGothic")
_SAMPLE = "暗証番号カードあ●Aa0"
_RESOURCES = {  # by class where it is one of its own, else by name (Tk, options(n))
    "Background": "paper",
    "Foreground": "ink",
    "ActiveBackground": "line",
    "ActiveForeground": "ink",
    "DisabledForeground": "disabled",
    "HighlightBackground": "paper",
    "HighlightColor": "accent",
    "insertBackground": "ink",
    "selectBackground": "accent",
    "selectForeground": "on_accent",
    "troughColor": "panel",
}


class Theme:
    """Sizes in pixels for this screen, `px` scales from 96 dpi; `palette` is the one for this desktop."""

    def __init__(self, root: tk.Tk) -> None:
        self.palette = DARK if prefers_dark() else LIGHT
        fitting = min(root.winfo_screenwidth() / _NEEDS[0], root.winfo_screenheight() / _NEEDS[1])
        self._scale = max(1.0, min(wanted_scale(root), fitting))
        root.tk.call("tk", "scaling", self._scale * 96 / 72)
        for name, colour in _RESOURCES.items():
            root.option_add(f"*{name}", getattr(self.palette, colour), "interactive")
        known = set(font.families(root))
        family = next((name for name in _FAMILIES if name in known), "TkDefaultFont")
        self.body = font.Font(root, family=family)
        self.bold = font.Font(root, family=family, weight="bold")
        self.small = font.Font(root, family=family)
        self.title = font.Font(root, family=family, weight="bold")
        self.secret = font.Font(root, family=family)
        self.set_letters(1.0)
        self.width = min(self.px(560), root.winfo_screenwidth() - self.px(40))
        root.configure(background=self.palette.paper)
        if sys.platform == "win32" and getattr(sys, "frozen", False):
            root.iconbitmap(default=sys.executable)  # in place of Tk's feather, in title and task bar

    def set_letters(self, part: float) -> None:
        """Make all letters, also those that are drawn already, this part of their size."""
        pixels = self._scale * part * 96 / 72
        for kind, points in zip(
            (self.body, self.bold, self.small, self.title, self.secret), _POINTS, strict=True
        ):
            if kind["size"] != (size := -round(points * pixels)):
                kind.configure(size=size)

    def open_fonts(self) -> None:
        """Find and open the fonts now, as Tk does when it first draws with them: tens of milliseconds."""
        for kind in (self.body, self.bold, self.small, self.title, self.secret):
            kind.measure(_SAMPLE)

    def px(self, pixels: int) -> int:
        return round(pixels * self._scale)

    def label(
        self,
        parent: tk.Misc,
        text: str,
        *,
        kind: font.Font | None = None,
        colour: str | None = None,
        width: int | None = None,
    ) -> tk.Label:
        """A label that wraps at `width` pixels, by default at the window's."""
        return tk.Label(
            parent,
            text=self.fold(text, kind=kind, width=width),
            wraplength=width or self.width - self.px(52),
            font=kind or self.body,
            foreground=colour or self.palette.ink,
            background=str(parent["background"]),
            justify="left",
            anchor="w",
        )

    def warning(self, parent: tk.Misc, text: str, *, width: int, margin: int) -> tk.Frame:
        """A panel with a warning that stays: `width` pixels, of them `margin` on each side of its text."""
        panel = self.frame(parent, self.palette.alert_paper)
        label = self.label(panel, text, kind=self.small, width=width - 2 * margin - self.px(4))
        label.pack(anchor="w", padx=margin, pady=self.px(6))
        return panel

    def fold(self, text: str, *, kind: font.Font | None = None, width: int | None = None) -> str:
        """`text` with the line breaks that `label` gives it."""
        return fold(text, width or self.width - self.px(52), (kind or self.body).measure)

    def button(self, parent: tk.Misc, text: str, *, is_default: bool = False) -> tk.Button:
        palette = self.palette
        colours = (
            (palette.accent, palette.on_accent, palette.accent_active)
            if is_default
            else (palette.line, palette.ink, palette.line_active)
        )
        return tk.Button(
            parent,
            text=text,
            font=self.bold if is_default else self.body,
            background=colours[0],
            foreground=colours[1],
            activebackground=colours[2],
            activeforeground=colours[1],
            disabledforeground=palette.disabled,
            relief="flat",
            borderwidth=0,
            highlightthickness=self.px(3),
            highlightbackground=str(parent["background"]),
            highlightcolor=palette.ink,
            padx=self.px(22),
            pady=self.px(6),
            width=9,
        )

    def small_button(self, parent: tk.Misc, text: str, action: Callable[[], object]) -> tk.Button:
        """A button for one part of a window, as wide as its text."""
        button = self.button(parent, text)
        button.configure(
            command=action,
            font=self.small,
            width=0,
            padx=self.px(8),
            pady=self.px(2),
            highlightthickness=self.px(2),
        )
        return button

    def enable(self, button: tk.Button, *, is_enabled: bool) -> None:
        """Let a default button be pressed, or look as if it could not."""
        button.configure(
            state="normal" if is_enabled else "disabled",
            background=self.palette.accent if is_enabled else self.palette.disabled_paper,
        )

    def entry(self, parent: tk.Misc, *, kind: font.Font | None = None, show: str = "") -> tk.Entry:
        return tk.Entry(
            parent,
            show=show,
            font=kind or self.body,
            exportselection=not show,
            relief="flat",
            borderwidth=self.px(3),
            background=self.palette.paper,
            foreground=self.palette.ink,
            insertbackground=self.palette.ink,
            disabledbackground=self.palette.panel,
            disabledforeground=self.palette.faint,
            highlightthickness=self.px(2),
            highlightcolor=self.palette.accent,
            highlightbackground=self.palette.edge,
        )

    def scrollbar(self, parent: tk.Misc, command: Callable[..., Any], width: int) -> tk.Scrollbar:
        return tk.Scrollbar(
            parent,
            command=command,
            width=width,
            background=self.palette.line,
            activebackground=self.palette.faint,
            troughcolor=self.palette.panel,
            relief="flat",
            borderwidth=0,
            elementborderwidth=1,
            highlightthickness=0,
            takefocus=False,
        )

    def frame(self, parent: tk.Misc, background: str | None = None) -> tk.Frame:
        return tk.Frame(parent, background=background or self.palette.paper)
