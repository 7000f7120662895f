"""The documents as a person can read them: a list, the selected one's name, warnings and pages."""

from __future__ import annotations

import tkinter as tk
import unicodedata

from bridge.ui.cautions import remark_of, warnings_of
from bridge.ui.characters import line
from bridge.ui.enlarged import Enlarged
from bridge.ui.pages import Pages
from bridge.ui.viewer import Viewer, alone
from bridge.ui.window import Frame

_LINES, _ROWS, _ROWS_ON_LOW = 10, 5, 3
_LONGEST_NAME = 38


class Documents:
    """What is to be signed; the first is in view when this returns.

    `digests` are those that the preview computed from the very bytes that it shows.
    """

    def __init__(self, frame: Frame, pages: Pages) -> None:
        self._frame, self._pages = frame, pages
        self._box: tk.Listbox | None = None
        theme = frame.theme
        theme.label(frame.body, frame.texts("documents"), kind=theme.bold).pack(anchor="w")
        if len(pages.documents) > 1:
            self._box = self._list()
        self._name = theme.label(frame.body, "", kind=theme.small, colour=theme.palette.faint)
        self._name.pack(anchor="w")
        self._warning = theme.label(frame.body, "", kind=theme.small, colour=theme.palette.alert)
        width = theme.width - 2 * theme.px(24)
        self._viewer = Viewer(frame.body, theme, frame.texts, pages, width=width, lines=_LINES)
        self._viewer.holder.pack(fill="both", expand=True, pady=(theme.px(4), theme.px(10)))
        larger = self._viewer.small_button(self._viewer.row, "larger", self._enlarge)
        larger.pack(side="right", padx=(theme.px(6), 0))
        frame.shrinkable = self._viewer.text
        self._show(0)
        pages.wait()

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(sight.digest for sight in self._pages.sights)

    def _list(self) -> tk.Listbox:
        theme, pages = self._frame.theme, self._pages
        rows = _ROWS_ON_LOW if self._frame.is_low else _ROWS
        area = tk.Frame(self._frame.body, background=theme.palette.line)
        area.pack(fill="x", pady=(0, theme.px(6)))
        box = tk.Listbox(
            area,
            height=min(rows, len(pages.documents)),
            font=theme.body,
            exportselection=False,
            activestyle="none",
            relief="flat",
            borderwidth=0,
            highlightthickness=theme.px(2),
            selectbackground=theme.palette.chosen,
            selectforeground=theme.palette.ink,
        )
        bar = theme.scrollbar(area, box.yview, theme.px(14))
        box.configure(yscrollcommand=bar.set)
        for index in range(len(pages.documents)):
            box.insert("end", self._row(index))
            if self._remark(index):
                box.itemconfigure(index, foreground=theme.palette.alert, selectforeground=theme.palette.alert)
        if len(pages.documents) > rows:
            bar.pack(side="right", fill="y", padx=(0, 1), pady=1)
        box.pack(side="left", fill="x", expand=True, padx=1, pady=1)
        box.selection_set(0)
        box.bind("<<ListboxSelect>>", lambda _: self._selected())
        box.bind("<Double-Button-1>", alone(self._enlarge))
        return box

    def _row(self, index: int) -> str:
        document, texts = self._pages.documents[index], self._frame.texts
        size = texts("bytes", size=document.size_bytes)
        name = _shortened(line(document.name)) or texts("no_name")
        return f" {index + 1}. {name}  {texts('brackets', text=size).strip()} {self._remark(index)}".rstrip()

    def _remark(self, index: int) -> str:
        return remark_of(self._pages.sights[index], self._frame.texts)

    def _selected(self) -> None:
        if self._box is not None:
            self._show(int(self._box.index("active")))

    def _show(self, index: int, page: int = 0) -> None:
        document, frame = self._pages.documents[index], self._frame
        size = frame.texts("bytes", size=document.size_bytes)
        name = line(document.name) or frame.texts("no_name")
        self._name.configure(
            text=frame.theme.fold(name + frame.texts("brackets", text=size), kind=frame.theme.small)
        )
        warning = frame.theme.fold(
            warnings_of(self._pages.sights[index], frame.texts), kind=frame.theme.small
        )
        self._warning.configure(text=warning)
        if warning:
            self._warning.pack(anchor="w", after=self._name)
        else:
            self._warning.pack_forget()
        self._viewer.show(index, page)
        self._viewer.text.configure(height=_LINES)  # it may have given way to another's warnings
        if frame.root.winfo_viewable():
            frame.refit()

    def _enlarge(self) -> None:
        Enlarged(self._frame, self._viewer, self._pages, on_close=self._come_back)

    def _come_back(self, document: int, page: int) -> None:
        """From the large view: here is now what was there. A second Enter there must not meet this window."""
        self._frame.guard_again()
        if self._box is not None:
            self._box.selection_clear(0, "end")
            self._box.selection_set(document)
            self._box.activate(document)
            self._box.see(document)
        self._show(document, page)


def _shortened(name: str) -> str:
    """The name's two ends, where it is longer than the list is wide."""
    if _columns(name) <= _LONGEST_NAME:
        return name
    half = (_LONGEST_NAME - 1) // 2
    start = next(index for index in range(len(name)) if _columns(name[: index + 1]) > half)
    end = next(index for index in range(len(name)) if _columns(name[index:]) <= half)
    return f"{name[:start]}…{name[end:]}"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
