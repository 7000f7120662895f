"""One of several, each with a line of text."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from bridge.ui.theme import Theme

_SIDE_PX = 16
_T = TypeVar("_T", bound=str)


class Choice(Generic[_T]):
    """Mouse, Up, Down and Space choose; `on_change` hears of it."""

    def __init__(
        self,
        theme: Theme,
        parent: tk.Misc,
        names: Mapping[_T, str],
        chosen: _T,
        on_change: Callable[[], object],
    ) -> None:
        self._keys = list(names)
        self._value = tk.IntVar(parent, self._keys.index(chosen))
        self._on_change = on_change
        self._images = [_drawn(theme, parent, is_chosen=is_chosen) for is_chosen in (False, True)]
        palette = theme.palette
        self.buttons: list[tk.Radiobutton] = []
        for index, name in enumerate(names.values()):
            button = tk.Radiobutton(
                parent,
                text=theme.fold(name, width=theme.width - theme.px(110)),
                value=index,
                variable=self._value,
                command=self._chose,
                image=self._images[0],
                selectimage=self._images[1],
                compound="left",
                indicatoron=False,
                font=theme.body,
                background=palette.paper,
                foreground=palette.ink,
                activebackground=palette.paper,
                activeforeground=palette.ink,
                disabledforeground=palette.disabled,
                selectcolor=palette.paper,
                relief="flat",
                offrelief="flat",
                borderwidth=0,
                highlightthickness=theme.px(2),
                highlightcolor=palette.accent,
                highlightbackground=palette.paper,
                justify="left",
                padx=theme.px(4),
                pady=theme.px(2),
            )
            button.pack(anchor="w")
            for arrow, step in (("<Up>", -1), ("<Down>", 1)):
                button.bind(arrow, lambda _, place=index + step: self._move(place))  # type: ignore[misc]
            self.buttons.append(button)
        self._let_tab_stop()

    @property
    def chosen(self) -> _T:
        return self._keys[self._value.get()]

    def enable(self, *, is_enabled: bool) -> None:
        for button in self.buttons:
            button.configure(state="normal" if is_enabled else "disabled")

    def _chose(self) -> None:
        self._let_tab_stop()
        self._on_change()

    def _let_tab_stop(self) -> None:
        """At the chosen one only: the arrow keys go to the others."""
        for index, button in enumerate(self.buttons):
            button.configure(takefocus=index == self._value.get())

    def _move(self, place: int) -> str:
        button = self.buttons[place % len(self.buttons)]
        button.focus_set()
        button.invoke()
        return "break"


def _drawn(theme: Theme, parent: tk.Misc, *, is_chosen: bool) -> tk.PhotoImage:
    """A ring, filled where it is chosen."""
    side, palette = theme.px(_SIDE_PX), theme.palette
    image = tk.PhotoImage(master=parent, width=side + side // 2, height=side)
    middle, outer = (side - 1) / 2, side / 2
    ring = max(1.2, side / 10)
    rows = []
    for y in range(side):
        row = []
        for x in range(side + side // 2):
            distance = ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5
            is_ring = outer - ring <= distance < outer
            is_dot = is_chosen and distance < side * 0.27
            ink = palette.accent if is_chosen else palette.edge
            row.append(ink if is_ring or is_dot else palette.paper)
        rows.append("{" + " ".join(row) + "}")
    image.put(" ".join(rows))
    return image
