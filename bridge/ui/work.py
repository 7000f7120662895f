"""The screen while signatures are made: how many of how many, on which reader, and a button that ends it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Working
from bridge.ui.characters import line
from bridge.ui.parts import heading, only_button
from bridge.ui.window import Frame

_BAR_PX = 14


class Work:
    """Shows `screen`, and with `update` the next one in its place."""

    def __init__(self, frame: Frame, screen: Working, on_cancel: Callable[[], None]) -> None:
        self._frame = frame
        theme, texts = frame.theme, frame.texts
        heading(frame, texts("working"))
        theme.label(frame.body, f"{texts('reader')}{texts('colon')}{line(screen.reader)}").pack(anchor="w")
        self._count = theme.label(frame.body, "", kind=theme.bold)
        self._count.pack(anchor="w", pady=(theme.px(10), theme.px(4)))
        bar = theme.frame(frame.body, theme.palette.line)
        bar.configure(height=theme.px(_BAR_PX))
        bar.pack(fill="x")
        self._filled = tk.Frame(bar, name="filled", background=theme.palette.accent)
        theme.label(frame.body, texts("working_hint")).pack(anchor="w", pady=(theme.px(10), theme.px(12)))
        only_button(frame, texts("cancel"), on_cancel, is_default=False)
        self.update(screen)
        frame.replace()

    def update(self, screen: Working) -> None:
        """Show how far it is."""
        texts, total = self._frame.texts, max(1, screen.total)
        self._count.configure(text=texts("worked", done=screen.done, total=screen.total))
        self._filled.place(x=0, y=0, relheight=1, relwidth=min(1.0, screen.done / total))
