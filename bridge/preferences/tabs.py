"""The four lists by name, in the band on top."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping

from bridge.ui.theme import Theme


class Tabs:
    """Mouse, arrow keys, Space and Ctrl+Tab choose; `on_change` hears of it. `draw` names them."""

    def __init__(self, theme: Theme, band: tk.Frame, on_change: Callable[[str], None]) -> None:
        self._theme, self._on_change = theme, on_change
        self._title = theme.label(band, "", kind=theme.title, colour=theme.palette.on_band)
        self._title.pack(anchor="w", padx=theme.px(24), pady=(theme.px(10), theme.px(6)))
        self._row = theme.frame(band, theme.palette.band)
        self._row.pack(anchor="w", padx=theme.px(20))
        self._value = tk.StringVar(band)
        self._buttons: dict[str, tk.Radiobutton] = {}
        for keys, step in (("<Control-Tab>", 1), ("<Control-ISO_Left_Tab>", -1), ("<Control-Next>", 1)):
            self._bind(keys, step)
        self._bind("<Control-Prior>", -1)

    def _bind(self, keys: str, step: int) -> None:
        try:
            self._row.winfo_toplevel().bind(keys, lambda _: self._move(step))
        except tk.TclError:
            return  # a key that only X knows

    @property
    def chosen(self) -> str:
        return self._value.get()

    def choose(self, key: str) -> None:
        self._value.set(key)
        self._paint()

    def draw(self, title: str, names: Mapping[str, str], *, is_enabled: bool) -> None:
        """Name them, in the language of now."""
        self._title.configure(text=title)
        if not self._buttons:
            self._value.set(next(iter(names)))
            for key in names:
                self._buttons[key] = self._made(key)
        for key, name in names.items():
            self._buttons[key].configure(text=name, state="normal" if is_enabled else "disabled")
        self._paint()

    def _made(self, key: str) -> tk.Radiobutton:
        theme, palette = self._theme, self._theme.palette
        button = tk.Radiobutton(
            self._row,
            value=key,
            variable=self._value,
            command=self._chose,
            indicatoron=False,
            font=theme.body,
            selectcolor=palette.paper,
            relief="flat",
            offrelief="flat",
            overrelief="flat",
            borderwidth=0,
            highlightthickness=theme.px(2),
            padx=theme.px(10),
            pady=theme.px(5),
        )
        button.pack(side="left", padx=(0, theme.px(3)))
        for arrow, step in (("<Left>", -1), ("<Right>", 1)):
            button.bind(arrow, lambda _, step=step: self._move(step))  # type: ignore[misc]
        return button

    def _paint(self) -> None:
        palette = self._theme.palette
        for key, button in self._buttons.items():
            is_chosen = key == self.chosen
            ground, ink = (palette.paper, palette.ink) if is_chosen else (palette.band, palette.on_band)
            button.configure(
                takefocus=is_chosen,
                background=ground,
                foreground=ink,
                activebackground=ground,
                activeforeground=ink,
                disabledforeground=palette.faint if is_chosen else palette.on_band,
                highlightbackground=ground,
                highlightcolor=palette.accent if is_chosen else palette.on_band,
            )

    def _move(self, step: int) -> str:
        keys = list(self._buttons)
        button = self._buttons[keys[(keys.index(self.chosen) + step) % len(keys)]]
        if str(button["state"]) == "normal":
            button.invoke()
            button.focus_set()
        return "break"

    def _chose(self) -> None:
        self._paint()
        self._on_change(self.chosen)

    def focus(self) -> None:
        """Give the keyboard to the chosen one."""
        self._buttons[self.chosen].focus_set()
