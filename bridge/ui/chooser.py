"""The screen on which one of several certificates is chosen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Choose, Holder
from bridge.core.settings import Language
from bridge.ui.characters import revealed
from bridge.ui.parts import buttons, enable, heading, validity
from bridge.ui.theme import ACCENT, ALERT, FAINT, INK, LINE, PANEL, PAPER
from bridge.ui.window import Frame

_VISIBLE_ROWS = 4


class Chooser:
    """Rows that mouse and arrow keys select; those with an obstacle say why they cannot be chosen."""

    def __init__(
        self,
        frame: Frame,
        screen: Choose,
        language: Language,
        on_chosen: Callable[[int], None],
        on_cancel: Callable[[], None],
    ) -> None:
        self._frame = frame
        self._rows: dict[int, tk.Frame] = {}
        self._selectable = [i for i, holder in enumerate(screen.certificates) if holder.obstacle is None]
        self._selected = self._selectable[0] if self._selectable else -1
        heading(frame, frame.texts("choose_title"))
        area = self._scrolled(len(screen.certificates))
        for index, holder in enumerate(screen.certificates):
            self._rows[index] = self._row(area, index, holder, language)
        accept = buttons(frame, frame.texts("choose"), lambda: on_chosen(self._selected), on_cancel)
        if self._selectable:
            frame.when_open(lambda: enable(accept))
        frame.root.bind("<Down>", lambda _: self._move(1))
        frame.root.bind("<Up>", lambda _: self._move(-1))
        self._paint()
        self._fit(area, len(screen.certificates))
        frame.present(accept)

    def _scrolled(self, count: int) -> tk.Frame:
        theme = self._frame.theme
        self._canvas = tk.Canvas(
            self._frame.body, background=PAPER, highlightthickness=0, width=theme.width - theme.px(70)
        )
        area = theme.frame(self._canvas)
        self._canvas.create_window(0, 0, window=area, anchor="nw", width=theme.width - theme.px(70))
        if count > _VISIBLE_ROWS:
            bar = tk.Scrollbar(self._frame.body, command=self._canvas.yview)
            bar.pack(side="right", fill="y")
            self._canvas.configure(yscrollcommand=bar.set)
        self._canvas.pack(side="left", fill="both", expand=True)
        return area

    def _fit(self, area: tk.Frame, count: int) -> None:
        area.update_idletasks()
        height = area.winfo_reqheight()
        self._canvas.configure(
            scrollregion=(0, 0, 1, height), height=height * min(count, _VISIBLE_ROWS) // max(count, 1)
        )

    def _row(self, area: tk.Frame, index: int, holder: Holder, language: Language) -> tk.Frame:
        theme, texts = self._frame.theme, self._frame.texts
        row = tk.Frame(area, background=PANEL, highlightthickness=theme.px(2), highlightbackground=LINE)
        row.pack(fill="x", pady=(0, theme.px(8)))
        colour = INK if holder.obstacle is None else FAINT
        width = theme.width - theme.px(110)
        person = revealed(" ".join(part for part in (holder.organization, holder.common_name) if part))
        lines = [
            (person or texts("none"), theme.bold, colour),
            (f"{texts('issuer')}：{revealed(holder.issuer)}", theme.small, colour),
            (f"{texts('validity')}：{validity(holder, language)}", theme.small, colour),
            (f"{texts('reader')}：{revealed(holder.reader)}", theme.small, colour),
        ]
        if holder.obstacle is not None:
            lines.append((texts(holder.obstacle), theme.small, ALERT))
        for text, kind, ink in lines:
            label = theme.label(row, text, kind=kind, colour=ink, width=width)
            label.pack(anchor="w", padx=theme.px(10))
            label.bind("<ButtonPress-1>", lambda _: self._select(index))
        row.bind("<ButtonPress-1>", lambda _: self._select(index))
        return row

    def _select(self, index: int) -> None:
        if index in self._selectable:
            self._selected = index
            self._paint()

    def _move(self, step: int) -> None:
        if self._selectable:
            place = self._selectable.index(self._selected) + step
            self._select(self._selectable[place % len(self._selectable)])
            row = self._rows[self._selected]
            self._canvas.yview_moveto(
                max(0, row.winfo_y() - row.winfo_height()) / max(1, row.master.winfo_height())
            )

    def _paint(self) -> None:
        for index, row in self._rows.items():
            row.configure(highlightbackground=ACCENT if index == self._selected else LINE)
