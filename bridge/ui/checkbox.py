"""A box to tick that grows with the text beside it, as Tk's own does not."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.ui.palette import Palette
from bridge.ui.theme import Theme

_SIDE_PX = 16
_TICK = ((0.20, 0.52), (0.42, 0.74), (0.80, 0.28))  # corners, in parts of the side
_STROKE = 0.07


class CheckBox:
    """`widget` is to be placed; Space and mouse tick it, `is_ticked` tells."""

    def __init__(self, theme: Theme, parent: tk.Misc, text: str, on_change: Callable[[], None]) -> None:
        side = theme.px(_SIDE_PX)
        self._value = tk.IntVar(parent, 0)
        self._images = (
            _drawn(parent, side, theme.palette, is_ticked=False),
            _drawn(parent, side, theme.palette, is_ticked=True),
        )
        self.widget = tk.Checkbutton(
            parent,
            text=theme.fold(text, width=theme.width - theme.px(110)),
            variable=self._value,
            command=on_change,
            image=self._images[0],
            selectimage=self._images[1],
            compound="left",
            indicatoron=False,
            font=theme.body,
            background=theme.palette.paper,
            foreground=theme.palette.ink,
            activebackground=theme.palette.paper,
            activeforeground=theme.palette.ink,
            selectcolor=theme.palette.paper,
            borderwidth=0,
            highlightthickness=theme.px(2),
            highlightcolor=theme.palette.accent,
            highlightbackground=theme.palette.paper,
            justify="left",
            padx=theme.px(4),
            pady=theme.px(3),
        )

    @property
    def is_ticked(self) -> bool:
        return bool(self._value.get())

    def tick(self) -> None:
        self._value.set(1)

    def untick(self) -> None:
        self._value.set(0)

    def enable(self, *, is_enabled: bool) -> None:
        self.widget.configure(state="normal" if is_enabled else "disabled")


def _drawn(parent: tk.Misc, side: int, palette: Palette, *, is_ticked: bool) -> tk.PhotoImage:
    gap = [palette.paper] * (side // 2)
    image = tk.PhotoImage(master=parent, width=side + len(gap), height=side)
    rows = (
        [*(_colour(x, y, side, palette, is_ticked=is_ticked) for x in range(side)), *gap] for y in range(side)
    )
    image.put(" ".join("{" + " ".join(row) + "}" for row in rows))
    return image


def _colour(x: int, y: int, side: int, palette: Palette, *, is_ticked: bool) -> str:
    edge = max(1, side // 10)
    if is_ticked:
        point = ((x + 0.5) / side, (y + 0.5) / side)
        strokes = zip(_TICK, _TICK[1:], strict=False)
        is_stroke = any(_distance(point, *stroke) < _STROKE for stroke in strokes)
        return palette.paper if is_stroke else palette.accent
    is_inside = edge <= x < side - edge and edge <= y < side - edge
    return palette.paper if is_inside else palette.edge


def _distance(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """From `point` to the line between `start` and `end`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return float(((start[0] + along * dx - point[0]) ** 2 + (start[1] + along * dy - point[1]) ** 2) ** 0.5)
