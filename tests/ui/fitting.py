"""What a person would call cut off, overlapping or off the screen."""

from __future__ import annotations

import tkinter as tk
from itertools import combinations
from typing import Protocol

_TASK_BAR_PX = 36
_LEAST_SCROLLED_PX = 50

Box = tuple[int, int, int, int]


class Shown(Protocol):
    """A window on a screen: `tests.ui.stage.Stage`, for example."""

    @property
    def root(self) -> tk.Tk: ...

    def widgets(self) -> list[tk.Misc]:
        """All that can be seen, in the order of their making."""


def faults(shown: Shown) -> list[str]:
    """All of them, in words; the part that scrolls may be longer than its window."""
    found: list[str] = []
    root, widgets = shown.root, shown.widgets()
    screen = (0, 0, root.winfo_screenwidth(), root.winfo_screenheight() - _TASK_BAR_PX)
    if not _is_inside(_box(root), screen):
        found.append(f"the window {_box(root)} is off the screen {screen}")
    for widget in widgets:
        if isinstance(widget, tk.Label | tk.Button | tk.Checkbutton | tk.Entry) and _is_cut(widget):
            found.append(f"cut off: {_name(widget)}")
        if isinstance(widget, tk.Toplevel) and not _is_inside(_box(widget), screen):
            found.append(f"the window {_box(widget)} is off the screen {screen}")
        is_inner = widget is not root and not isinstance(widget, tk.Toplevel)
        if is_inner and not _is_inside(_box(widget), _frame(widget, root)):
            found.append(f"outside of its frame: {_name(widget)}")
        if isinstance(widget, tk.Canvas):
            found += _scrolling_faults(widget)
    for parent in widgets:
        children = [
            child
            for child in parent.winfo_children()
            if child in widgets and not isinstance(child, tk.Toplevel)
        ]
        found += [
            f"overlap: {_name(one)} and {_name(other)}"
            for one, other in combinations(children, 2)
            if _overlap(_box(one), _box(other))
        ]
    return found


def _scrolling_faults(canvas: tk.Canvas) -> list[str]:
    (column,) = canvas.winfo_children()
    if column.winfo_width() > canvas.winfo_width():
        return ["the scrolled part is too wide"]
    if column.winfo_height() <= canvas.winfo_height():
        return []
    has_bar = any(isinstance(w, tk.Scrollbar) and w.winfo_ismapped() for w in canvas.master.winfo_children())
    if not has_bar:
        return ["the scrolled part has no bar"]
    return [] if canvas.winfo_height() >= _LEAST_SCROLLED_PX else ["the scrolled part cannot be read"]


def _frame(widget: tk.Misc, root: tk.Misc) -> Box:
    """Where `widget` has to stay: a column that is scrolled, only between the canvas's sides."""
    parent = widget.master
    assert isinstance(parent, tk.Misc)
    left, top, right, bottom = _box(parent)
    if isinstance(parent, tk.Canvas):
        top, bottom = -100_000, 100_000
    return left, top, right, bottom


def _box(widget: tk.Misc) -> Box:
    left, top = widget.winfo_rootx(), widget.winfo_rooty()
    return left, top, left + widget.winfo_width(), top + widget.winfo_height()


def _is_cut(widget: tk.Misc) -> bool:
    too_narrow = not isinstance(widget, tk.Entry) and widget.winfo_width() < widget.winfo_reqwidth()
    return too_narrow or widget.winfo_height() < widget.winfo_reqheight()


def _is_inside(inner: Box, outer: Box) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _name(widget: tk.Misc) -> str:
    readable = isinstance(widget, tk.Label | tk.Button | tk.Checkbutton)
    return f"{widget} {widget['text']!r} {_box(widget)}" if readable else f"{widget} {_box(widget)}"
