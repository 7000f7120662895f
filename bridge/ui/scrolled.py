"""A column of widgets that scrolls where the display is too low for it."""

from __future__ import annotations

import tkinter as tk

from bridge.ui.theme import Theme

_OWN_SCROLLING = (tk.Text, tk.Listbox)


class Scrolled:
    """`column` is to be filled; its scroll bar stands in the window's margin, so that no width is lost."""

    def __init__(self, theme: Theme, root: tk.Tk) -> None:
        margin, self._bar_width = theme.px(24), theme.px(12)
        self._width = theme.width - 2 * margin
        self.holder = theme.frame(root)
        self._canvas = tk.Canvas(
            self.holder,
            background=theme.palette.paper,
            highlightthickness=0,
            borderwidth=0,
            width=self._width,
        )
        self._canvas.pack(side="left", fill="y", padx=(margin, 0))
        self._bar = theme.scrollbar(self.holder, self._canvas.yview, self._bar_width)
        self._canvas.configure(yscrollcommand=self._bar.set)
        self.column = theme.frame(self._canvas)
        self._canvas.create_window(0, 0, window=self.column, anchor="nw", width=self._width)
        for event, lines in (("<Button-4>", -1), ("<Button-5>", 1), ("<Prior>", -5), ("<Next>", 5)):
            root.bind(event, lambda event, lines=lines: self._scroll(event, lines), add=True)  # type: ignore[misc]
        root.bind("<MouseWheel>", lambda event: self._scroll(event, -1 if event.delta > 0 else 1), add=True)
        root.bind("<FocusIn>", lambda event: self._focused(event.widget), add=True)

    @property
    def wanted_height(self) -> int:
        """What `column` needs, in pixels."""
        return self.column.winfo_reqheight()

    def give(self, height: int) -> None:
        """Show `height` pixels; the bar appears where the column needs more."""
        wanted = self.wanted_height
        self._canvas.configure(height=height, scrollregion=(0, 0, self._width, wanted))
        if height < wanted:
            self._bar.pack(side="right", fill="y", padx=(0, self._bar_width // 2))
        else:
            self._bar.pack_forget()
            self._canvas.yview_moveto(0)

    def to_top(self) -> None:
        self._canvas.yview_moveto(0)

    def see(self, widget: tk.Misc) -> None:
        """Scroll so that `widget`, which is in the column, can be seen."""
        top = widget.winfo_rooty() - self.column.winfo_rooty()
        bottom = top + widget.winfo_height()
        first, last = (part * self.wanted_height for part in self._canvas.yview())
        if top < first:
            self._canvas.yview_moveto(top / self.wanted_height)
        elif bottom > last:
            self._canvas.yview_moveto((bottom - self._canvas.winfo_height()) / self.wanted_height)

    def _focused(self, widget: object) -> None:
        if isinstance(widget, tk.Misc) and str(widget).startswith(f"{self.column}."):
            self.see(widget)

    def _scroll(self, event: tk.Event[tk.Misc], lines: int) -> None:
        if self._bar.winfo_ismapped() and not isinstance(event.widget, _OWN_SCROLLING):
            self._canvas.yview_scroll(lines, "units")
