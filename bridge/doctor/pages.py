"""What the window 診断 shows: the report that grows, and the files of the support file."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping, Sequence

from bridge.core.finding import Finding
from bridge.core.language import Language
from bridge.doctor.repairs import Deed
from bridge.doctor.report import MARKS
from bridge.doctor.words import frame, words
from bridge.ui.characters import line, revealed
from bridge.ui.theme import Theme


def _text(theme: Theme, parent: tk.Misc, *, wrap: str) -> tk.Text:
    """A text to be read and copied, with its bar, filling `parent`."""
    holder = tk.Frame(parent, background=theme.palette.line)
    holder.pack(side="left", fill="both", expand=True)
    text = tk.Text(
        holder,
        width=10,
        height=4,
        font=theme.body,
        background=theme.palette.paper,
        foreground=theme.palette.ink,
        wrap="char" if wrap == "char" else "word",
        relief="flat",
        borderwidth=0,
        highlightthickness=0,
        padx=theme.px(12),
        pady=theme.px(8),
        state="disabled",
    )
    bar = theme.scrollbar(holder, text.yview, theme.px(14))
    text.configure(yscrollcommand=bar.set)
    bar.pack(side="right", fill="y", padx=(0, 1), pady=1)
    text.pack(side="left", fill="both", expand=True, padx=1, pady=1)
    return text


class Report:
    """Findings below each other: a mark and the state in words, the check, what was found, what to do."""

    def __init__(self, theme: Theme, parent: tk.Misc, language: Language) -> None:
        self._language = language
        self.text = _text(theme, parent, wrap="char" if language == "ja" else "word")
        palette, indent = theme.palette, theme.px(96)
        for tag, colour, kind in (
            ("failure", palette.alert, theme.bold),
            ("warning", palette.ink, theme.bold),
            ("ok", palette.faint, theme.body),
            ("skipped", palette.faint, theme.body),
        ):
            self.text.tag_configure(tag, foreground=colour, font=kind, tabs=(indent,), spacing1=theme.px(7))
        self.text.tag_configure("title", font=theme.bold, lmargin2=indent)
        self.text.tag_configure("what", lmargin1=indent, lmargin2=indent, spacing1=theme.px(2))
        self.text.tag_configure(
            "remedy",
            foreground=palette.accent,
            lmargin1=indent,
            lmargin2=indent,
            spacing1=theme.px(2),
        )
        self.text.tag_configure("alert", foreground=palette.alert, font=theme.bold)
        self.text.tag_configure("good", foreground=palette.ink, font=theme.bold)
        self.text.tag_configure("deed", lmargin1=indent, lmargin2=indent, spacing1=theme.px(2))

    def add(self, finding: Finding) -> None:
        said = words(finding, self._language)
        state = f"{MARKS[finding.state]} {frame(finding.state, self._language)}"
        parts = [(f"{state}\t", (finding.state,)), (said.title, (finding.state, "title"))]
        parts.append((f"\n{said.what}", ("what",)))
        if said.remedy:
            parts.append((f"\n{frame('remedy', self._language, text=said.remedy)}", ("remedy",)))
        self._write([*parts, ("\n", ())])
        self.text.see("end")

    def deeds(self, deeds: Sequence[Deed]) -> None:
        """What a repair has done, above the findings."""
        if not deeds:
            return
        heading = frame("repair_heading", self._language)
        lines = [
            f"\n{frame(deed.key, self._language, path=line(deed.path), problem=line(deed.problem))}"
            for deed in deeds
        ]
        self._write([(heading, ("good",)), *((each, ("deed",)) for each in lines), ("\n", ())])

    def say(self, text: str, *, is_alert: bool = False) -> None:
        self._write([(f"{text}\n", ("alert",) if is_alert else ())])

    def to_top(self) -> None:
        self.text.yview_moveto(0)

    def _write(self, parts: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        self.text.configure(state="normal")
        for text, tags in parts:
            self.text.insert("end", text, tags)
        self.text.configure(state="disabled")


class Viewer:
    """The names of files on the left; the whole text of the chosen one on the right, nothing left out."""

    def __init__(self, theme: Theme, parent: tk.Misc, files: Mapping[str, str]) -> None:
        self._files = files
        palette = theme.palette
        self.names = tk.Listbox(
            parent,
            font=theme.body,
            width=max(map(len, files)) + 1,
            background=palette.panel,
            foreground=palette.ink,
            selectbackground=palette.chosen,
            selectforeground=palette.ink,
            relief="flat",
            borderwidth=0,
            highlightthickness=theme.px(2),
            highlightbackground=palette.line,
            highlightcolor=palette.accent,
            activestyle="none",
            exportselection=False,
        )
        self.names.insert("end", *files)
        self.names.pack(side="left", fill="y", padx=(0, theme.px(10)))
        self.text = _text(theme, parent, wrap="char")
        self.names.bind("<<ListboxSelect>>", lambda _: self._show())
        self.names.activate(0)
        self.names.selection_set(0)
        self._show()

    def _show(self) -> None:
        chosen = self.names.curselection()  # type: ignore[no-untyped-call]
        if not chosen:
            return
        name = str(self.names.get(chosen[0]))
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        self.text.insert("end", "\n".join(map(revealed, self._files[name].split("\n"))))
        self.text.configure(state="disabled")
        self.text.yview_moveto(0)
