"""The table of the window 最近の操作."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from bridge.core.audit import OK, WITHDRAWN, AuditRecord
from bridge.core.errors import UserCancelled, UserTimeout
from bridge.core.language import Language
from bridge.ui.records import COLUMNS, cells, shortened
from bridge.ui.texts import Texts
from bridge.ui.theme import Theme

_WIDTHS = {"time": 148, "site": 214, "what": 206, "result": 148, "certificate": 140}
_STRETCHED = ("site", "certificate")
_GIVEN_UP = (WITHDRAWN, UserCancelled.reason, UserTimeout.reason)
_CELL_MARGIN_PX = 14
_STYLE = "Activity.Treeview"


class RecordTable:
    """Lines of which one is chosen, by mouse and arrow keys; what is too long ends in “…”.

    Args:
        on_chosen: hears of what the person chooses, not of what `show` does.
    """

    def __init__(
        self,
        theme: Theme,
        parent: tk.Misc,
        language: Language,
        on_chosen: Callable[[AuditRecord], None],
    ) -> None:
        self._theme, self._language, self._on_chosen = theme, language, on_chosen
        self._records: list[AuditRecord] = []
        self._widths: tuple[int, ...] = ()
        self._told: AuditRecord | None = None
        self.holder = tk.Frame(parent, background=theme.palette.line)
        _style(theme, parent)
        self.tree = ttk.Treeview(
            self.holder, columns=COLUMNS, show="headings", style=_STYLE, selectmode="browse", height=4
        )
        texts = Texts(language)
        names = ("activity_time", "activity_site", "activity_what", "activity_result", "activity_certificate")
        for column, name in zip(COLUMNS, names, strict=True):
            self.tree.heading(column, text=texts(name), anchor="w")
            width = theme.px(_WIDTHS[column])
            self.tree.column(
                column, width=width, minwidth=width // 2, stretch=column in _STRETCHED, anchor="w"
            )
        self.tree.tag_configure("undone", foreground=theme.palette.alert)
        self.tree.tag_configure("given_up", foreground=theme.palette.faint)
        bar = theme.scrollbar(self.holder, self.tree.yview, theme.px(14))
        self.tree.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y", padx=(0, 1), pady=1)
        self.tree.pack(side="left", fill="both", expand=True, padx=1, pady=1)
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._selected())
        self.tree.bind("<Configure>", lambda _: self._fit())
        self.tree.bind("<ButtonRelease-1>", lambda event: self._released(event.y), add=True)

    def show(self, records: Sequence[AuditRecord]) -> None:
        """List these, in this order; what was chosen stays chosen if it is among them, else the first is."""
        chosen = self.chosen
        self._records = list(records)
        self.tree.delete(*self.tree.get_children())
        for index, record in enumerate(self._records):
            self.tree.insert("", "end", iid=str(index), tags=_tags(record))
        self._widths = ()
        self._fit()
        self._told = None
        if self._records:
            place = self._records.index(chosen) if chosen in self._records else 0
            self._told = self._records[place]
            self.tree.selection_set(str(place))
            self.tree.focus(str(place))
            self.tree.see(str(place))

    @property
    def chosen(self) -> AuditRecord | None:
        selected = self.tree.selection()
        return self._records[int(selected[0])] if selected else None

    def _selected(self) -> None:
        """Tk tells of it later, and of a selection that is the same again, too."""
        record = self.chosen
        if record is not None and record != self._told:
            self._told = record
            self._on_chosen(record)

    def _released(self, y: int) -> None:
        """The line that is chosen already can be clicked to be read again; a column may have been moved."""
        self._fit()
        if self.chosen is not None and self.tree.identify_row(y) in self.tree.selection():
            self._told = self.chosen
            self._on_chosen(self.chosen)

    def _fit(self) -> None:
        """Fill the columns as wide as they are now."""
        widths = tuple(int(self.tree.column(column, "width")) for column in COLUMNS)
        if widths == self._widths:
            return
        self._widths = widths
        measure, margin = self._theme.body.measure, self._theme.px(_CELL_MARGIN_PX)
        for index, record in enumerate(self._records):
            texts = [
                shortened(text, width - margin, measure, keeps_end=column == "site")
                for column, text, width in zip(COLUMNS, cells(record, self._language), widths, strict=True)
            ]
            self.tree.item(str(index), values=texts)


def _tags(record: AuditRecord) -> tuple[str, ...]:
    if record.result == OK:
        return ()
    return ("given_up",) if record.result in _GIVEN_UP else ("undone",)


def _style(theme: Theme, parent: tk.Misc) -> None:
    style, palette = ttk.Style(parent), theme.palette
    style.theme_use("clam")
    style.configure(
        _STYLE,
        background=palette.paper,
        fieldbackground=palette.paper,
        foreground=palette.ink,
        font=theme.body,
        rowheight=theme.body.metrics("linespace") + theme.px(8),
        borderwidth=0,
        relief="flat",
        bordercolor=palette.paper,
        lightcolor=palette.paper,
        darkcolor=palette.paper,
    )
    style.map(_STYLE, background=[("selected", palette.chosen)], foreground=[("selected", palette.ink)])
    heading = f"{_STYLE}.Heading"
    style.configure(
        heading,
        background=palette.panel,
        foreground=palette.ink,
        font=theme.small,
        relief="flat",
        borderwidth=0,
        padding=(theme.px(5), theme.px(5)),
    )
    style.map(heading, background=[("active", palette.panel)])
