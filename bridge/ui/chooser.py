"""The screen on which one of several certificates is chosen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import Choose, Holder
from bridge.core.language import Language
from bridge.ui.characters import line
from bridge.ui.parts import buttons, heading, validity
from bridge.ui.window import Frame

_BODY_PX = 570


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
        self._rows: list[tk.Frame] = []
        self._selectable = [i for i, holder in enumerate(screen.certificates) if holder.obstacle is None]
        self._selected = self._selectable[0] if self._selectable else -1
        heading(frame, frame.texts("choose_title"))
        hint = frame.theme.label(frame.body, frame.texts("choose_hint"), kind=frame.theme.small)
        hint.pack(anchor="w", pady=(0, frame.theme.px(6)))
        frame.most_body = frame.theme.px(_BODY_PX)
        for index, holder in enumerate(screen.certificates):
            self._rows.append(self._row(index, holder, language))
        accept = buttons(frame, frame.texts("choose"), lambda: on_chosen(self._selected), on_cancel)
        if self._selectable:
            frame.when_open(lambda: frame.theme.enable(accept, is_enabled=True))
        for key, step in (("<Down>", 1), ("<Up>", -1)):
            frame.bind(key, lambda _, step=step: self._move(step))  # type: ignore[misc]
        self._paint()
        frame.present(accept)
        if self._selectable:
            frame.see(self._rows[self._selected])

    def _row(self, index: int, holder: Holder, language: Language) -> tk.Frame:
        theme, texts = self._frame.theme, self._frame.texts
        row = tk.Frame(self._frame.body, background=theme.palette.panel, highlightthickness=theme.px(2))
        row.pack(fill="x", pady=(0, theme.px(8)))
        colour = theme.palette.ink if holder.obstacle is None else theme.palette.faint
        person = line(" ".join(part for part in (holder.organization, holder.common_name) if part))
        colon = texts("colon")
        lines = [
            (person or texts("none"), theme.bold, colour),
            (f"{texts('issuer')}{colon}{line(holder.issuer)}", theme.small, colour),
            (f"{texts('validity')}{colon}{validity(holder, texts)}", theme.small, colour),
            (f"{texts('reader')}{colon}{line(holder.reader)}", theme.small, colour),
        ]
        if holder.obstacle is not None:
            lines.append((texts(holder.obstacle), theme.small, theme.palette.alert))
        for text, kind, ink in lines:
            label = theme.label(row, text, kind=kind, colour=ink, width=theme.width - theme.px(90))
            label.pack(anchor="w", padx=theme.px(10))
            label.bind("<ButtonPress-1>", lambda _: self._select(index))
        tk.Frame(row, height=theme.px(4)).pack()
        row.bind("<ButtonPress-1>", lambda _: self._select(index))
        return row

    def _select(self, index: int) -> None:
        if index in self._selectable:
            self._selected = index
            self._paint()
            self._frame.see(self._rows[index])

    def _move(self, step: int) -> None:
        if self._selectable:
            place = self._selectable.index(self._selected) + step
            self._select(self._selectable[place % len(self._selectable)])

    def _paint(self) -> None:
        palette = self._frame.theme.palette
        for index, row in enumerate(self._rows):
            is_chosen = index == self._selected
            row.configure(highlightbackground=palette.accent if is_chosen else palette.line)
            for part in (row, *row.winfo_children()):
                part.configure(background=palette.chosen if is_chosen else palette.panel)  # type: ignore[call-arg]
