"""A row of which one is chosen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from bridge.ui.theme import Theme

_T = TypeVar("_T", bound=str)


class Choices(Generic[_T]):
    """Mouse, arrow keys and Space choose; `on_change` hears of it.

    Args:
        names: what each choice is called; the first one is chosen.
    """

    def __init__(
        self, theme: Theme, parent: tk.Misc, names: Mapping[_T, str], on_change: Callable[[], None]
    ) -> None:
        self._keys = list(names)
        self._value = tk.IntVar(parent, 0)
        self._on_change = on_change
        self.holder = tk.Frame(parent, background=theme.palette.line)
        self.buttons: list[tk.Radiobutton] = []
        for index, key in enumerate(self._keys):
            button = tk.Radiobutton(
                self.holder,
                text=names[key],
                value=index,
                variable=self._value,
                command=on_change,
                indicatoron=False,
                font=theme.small,
                background=theme.palette.paper,
                foreground=theme.palette.ink,
                activebackground=theme.palette.chosen,
                activeforeground=theme.palette.ink,
                selectcolor=theme.palette.chosen,
                relief="flat",
                offrelief="flat",
                borderwidth=0,
                highlightthickness=theme.px(2),
                highlightbackground=theme.palette.paper,
                highlightcolor=theme.palette.accent,
                padx=theme.px(10),
                pady=theme.px(3),
            )
            button.pack(side="left", padx=(1, 1 if index == len(self._keys) - 1 else 0), pady=1)
            for arrow, step in (("<Left>", -1), ("<Right>", 1)):
                button.bind(arrow, lambda _, place=index + step: self._move(place))  # type: ignore[misc]
            self.buttons.append(button)

    @property
    def chosen(self) -> _T:
        return self._keys[self._value.get()]

    def _move(self, place: int) -> None:
        button = self.buttons[place % len(self.buttons)]
        button.focus_set()
        button.invoke()
