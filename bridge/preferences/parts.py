"""Pieces that several pages share."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.core.lookalike import Sight, script_of
from bridge.ui.characters import line, origin_line

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow

_PAD_PX = 12
_SCRIPTS = {
    "CYRILLIC": "script_cyrillic",
    "GREEK": "script_greek",
    "ARMENIAN": "script_armenian",
    "FULLWIDTH": "script_fullwidth",
    "KATAKANA": "script_katakana",
    "KATAKANA-HIRAGANA": "script_katakana",
    "HIRAGANA": "script_hiragana",
    "CJK": "script_kanji",
}
_BUTTONS_PX = 170


def about(window: SettingsWindow, text: str) -> None:
    """A sentence above a list."""
    label = window.theme.label(window.body, text, width=window.inner)
    label.pack(anchor="w", pady=(0, window.theme.px(10)))


def heading(window: SettingsWindow, text: str) -> None:
    theme = window.theme
    theme.label(window.body, text, kind=theme.title, width=window.inner).pack(
        anchor="w", pady=(0, theme.px(10))
    )


def caption(window: SettingsWindow, text: str) -> None:
    """The name of what follows."""
    theme = window.theme
    theme.label(window.body, text, kind=theme.bold, width=window.inner).pack(
        anchor="w", pady=(theme.px(10), theme.px(4))
    )


def hint(window: SettingsWindow, text: str) -> tk.Label:
    """What matters less."""
    theme = window.theme
    label = theme.label(window.body, text, kind=theme.small, colour=theme.palette.faint, width=window.inner)
    label.pack(anchor="w", pady=(theme.px(2), theme.px(4)))
    return label


def notice(window: SettingsWindow, text: str) -> None:
    """A warning that stays."""
    theme, palette = window.theme, window.theme.palette
    panel = theme.frame(window.body, palette.alert_paper)
    panel.pack(fill="x", pady=(theme.px(6), 0))
    label = theme.label(panel, text, width=window.inner - 2 * theme.px(_PAD_PX))
    label.pack(anchor="w", padx=theme.px(_PAD_PX), pady=theme.px(6))


class Row:
    """One entry of a list: texts on the left, buttons or the administrator's mark on the right."""

    def __init__(self, window: SettingsWindow) -> None:
        self._window, theme = window, window.theme
        self._panel = theme.frame(window.body, theme.palette.panel)
        self._panel.pack(fill="x", pady=(0, theme.px(8)))
        self._right = theme.frame(self._panel, theme.palette.panel)
        self._right.pack(side="right", anchor="ne", padx=theme.px(_PAD_PX), pady=theme.px(8))
        self._left = theme.frame(self._panel, theme.palette.panel)
        self._left.pack(
            side="left", fill="x", expand=True, anchor="n", padx=theme.px(_PAD_PX), pady=theme.px(6)
        )

    def text(
        self, text: str, *, is_bold: bool = False, is_alert: bool = False, is_faint: bool = False
    ) -> None:
        theme, palette = self._window.theme, self._window.theme.palette
        label = theme.label(
            self._left,
            text,
            kind=theme.bold if is_bold else theme.small,
            colour=palette.alert if is_alert else palette.faint if is_faint else palette.ink,
            width=self._window.inner - 2 * theme.px(_PAD_PX) - theme.px(_BUTTONS_PX),
        )
        label.pack(anchor="w")

    def button(self, text: str, action: Callable[[], object], *, is_enabled: bool = True) -> tk.Button:
        button = self._window.theme.small_button(self._right, text, action)
        button.configure(state="normal" if is_enabled else "disabled")
        button.pack(fill="x", pady=(0, self._window.theme.px(2)))
        return button

    def mark_administrators(self) -> None:
        theme = self._window.theme
        label = theme.label(
            self._right,
            self._window.texts("administrator"),
            kind=theme.small,
            colour=theme.palette.accent,
            width=theme.px(_BUTTONS_PX),
        )
        label.pack(anchor="e", pady=(0, theme.px(2)))


def origin_in_full(window: SettingsWindow, sight: Sight) -> None:
    """An origin, how it is read, and what is to be said of it."""
    theme, texts = window.theme, window.texts
    panel = theme.frame(window.body, theme.palette.panel)
    panel.pack(fill="x")
    lines = [(origin_line(sight.ascii), theme.bold)]
    if sight.decoded:
        lines.append((texts("read_as", name=line(sight.decoded)), theme.body))
    for index, (text, kind) in enumerate(lines):
        label = theme.label(panel, text, kind=kind, width=window.inner - 2 * theme.px(_PAD_PX))
        label.pack(anchor="w", padx=theme.px(_PAD_PX), pady=(theme.px(8 if index == 0 else 0), theme.px(6)))
    for remark in sight.remarks:
        if remark.kind == "international":
            hint(window, texts(remark.kind))
        else:
            notice(window, texts(remark.kind, other=remark.other))
    if sight.strange:
        notice(window, strange(window, sight))


def strange(window: SettingsWindow, sight: Sight) -> str:
    """Which characters are not what they look like."""
    texts = window.texts
    names = []
    for character in sight.strange:
        script = _SCRIPTS.get(script_of(character))
        name = texts(script) if script else script_of(character).capitalize()
        names.append(
            texts("strange_one", character=line(character), script=name, code=f"{ord(character):04X}")
        )
    return texts("strange", characters=texts("and").join(names))


def as_wide_as_body(window: SettingsWindow, entry: tk.Entry) -> tk.Entry:
    entry.pack(fill="x", ipady=window.theme.px(3))
    return entry
