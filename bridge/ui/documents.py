"""The documents as a person can read them. Nothing in them is ever executed or fetched."""

from __future__ import annotations

import json
import tkinter as tk

from bridge.core.consent import ShownDocument
from bridge.ui.characters import line, revealed
from bridge.ui.theme import ALERT, FAINT, INK, LINE, PAPER
from bridge.ui.window import Frame

_TEXT_LINES = 11
_MAX_SHOWN = 200_000


class Documents:
    """A list (where there is more than one) and the content of the selected document.

    `digests` are computed from the very bytes that were given for display; of an uploaded document the
    digest itself is displayed.
    """

    def __init__(self, frame: Frame, documents: tuple[ShownDocument, ...]) -> None:
        self._frame = frame
        self._documents = documents
        self.digests = tuple(document.digest for document in documents)
        theme = frame.theme
        theme.label(frame.body, frame.texts("documents"), kind=theme.bold).pack(anchor="w")
        if len(documents) > 1:
            self._list()
        self._name = theme.label(frame.body, "", kind=theme.small, colour=FAINT)
        self._name.pack(anchor="w")
        self._warning = theme.label(frame.body, "", kind=theme.small, colour=ALERT)
        self._view()
        self._show(0)

    def _list(self) -> None:
        theme = self._frame.theme
        box = tk.Listbox(
            self._frame.body,
            height=min(4, len(self._documents)),
            font=theme.body,
            exportselection=False,
            activestyle="none",
            relief="flat",
            highlightthickness=1,
            highlightbackground=LINE,
        )
        for number, document in enumerate(self._documents, start=1):
            box.insert("end", f" {number}. {line(document.name)}")
        box.selection_set(0)
        box.bind("<<ListboxSelect>>", lambda _: self._show(int(box.index("active"))))
        box.pack(fill="x", pady=(0, theme.px(6)))

    def _view(self) -> None:
        theme = self._frame.theme
        area = tk.Frame(self._frame.body, background=LINE)
        area.pack(fill="both", expand=True, pady=(theme.px(4), theme.px(12)))
        self._text = tk.Text(
            area,
            height=_TEXT_LINES,
            width=1,
            wrap="char",
            font=theme.body,
            foreground=INK,
            background=PAPER,
            relief="flat",
            padx=theme.px(10),
            pady=theme.px(8),
            exportselection=False,
            takefocus=True,
        )
        bar = theme.scrollbar(area, self._text.yview, theme.px(12))
        self._text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y", padx=1, pady=1)
        self._text.pack(side="left", fill="both", expand=True, padx=(1, 0), pady=1)
        self._frame.shrinkable = self._text

    def _show(self, index: int) -> None:
        document, texts = self._documents[index], self._frame.texts
        self._name.configure(text=f"{line(document.name)}（{texts('size', size=document.size_bytes)}）")
        content = _readable(document)
        warning = ""
        if content is None:
            content = "\n".join((line(document.media_type), texts("digest", digest=self.digests[index])))
            warning = texts("not_shown")
        elif "⟦U+" in (shown := revealed(content)):
            content, warning = shown, texts("hidden_characters")
        self._text.configure(state="normal")
        self._text.delete("1.0", "end")
        self._text.insert("1.0", content)
        self._text.configure(state="disabled")
        self._warning.configure(text=warning)
        if warning:
            self._warning.pack(anchor="w", after=self._name)
        else:
            self._warning.pack_forget()


def _readable(document: ShownDocument) -> str | None:
    """The text of a document that is text as a whole; None where a person could not read all of it."""
    if document.uploaded is not None or len(document.content) > _MAX_SHOWN:
        return None
    try:
        if document.media_type == "application/json":
            return json.dumps(json.loads(document.content), ensure_ascii=False, indent=2)
        if document.media_type == "text/plain":
            return document.content.decode("utf-8")
    except (ValueError, RecursionError):
        return None
    return None
