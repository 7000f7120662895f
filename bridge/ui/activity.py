"""The window 最近の操作: what the audit log holds. It reads the files, so it needs no daemon.

Command line of the child: the daemon's connection (`bridge.core.desktop`), or none (an empty first argument),
then the language and the log's folder, which may be left out.
"""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from bridge import paths
from bridge.audit.files import AuditFiles
from bridge.audit.reading import Log, export, read
from bridge.core.audit import AuditRecord
from bridge.core.audit_words import summary
from bridge.core.desktop import Show
from bridge.core.language import Language
from bridge.ui import own
from bridge.ui.choices import Choices
from bridge.ui.records import Choice, details, matching
from bridge.ui.recordtable import RecordTable
from bridge.ui.root import hidden_root
from bridge.ui.texts import Texts
from bridge.ui.theme import Theme

MOST_SHOWN = 1000
_SIZE_PX = (900, 700)
_LEAST_PX = (560, 420)
_DETAIL_LINES = 8
_NAMES: dict[Choice, str] = {"all": "activity_all", "done": "activity_done", "undone": "activity_undone"}


def main(argv: list[str]) -> int:
    """Show the window until it is closed; 1 where none can be opened."""
    if argv[:1] not in ([], [""]):
        return own.run(argv, _opened_by_daemon)
    language: Language = "en" if argv[1:2] == ["en"] else "ja"
    folder = Path(argv[2]) if len(argv) > 2 else paths.audit_folder()
    if (root := hidden_root()) is None:
        return 1
    ActivityWindow(root, folder, language)
    root.mainloop()
    return 0


def _opened_by_daemon(root: tk.Tk, show: Show, daemon: own.Daemon) -> None:
    ActivityWindow(root, paths.audit_folder(), show.language)


class ActivityWindow:
    """Table above, the chosen record below; what the buttons have to say stands there, too."""

    def __init__(self, root: tk.Tk, folder: Path, language: Language) -> None:
        self.root, self._folder, self._language = root, folder, language
        self.theme, self._texts = Theme(root), Texts(language)
        self._log: Log | None = None
        self._state: tuple[tuple[str, int], ...] = ()
        root.title(f"{self._texts('activity')} - {self._texts('title')}")
        self._band()
        body = self.theme.frame(root)
        body.pack(fill="both", expand=True, padx=self.theme.px(20), pady=self.theme.px(12))
        self._choices = self._top_row(body)
        self.table = RecordTable(self.theme, body, language, self._show_details)
        self.table.holder.pack(fill="both", expand=True)
        self._detail = self._detail_text(body)
        self._footer(body)
        root.bind("<Escape>", lambda _: root.destroy())
        root.bind("<F5>", lambda _: self._refresh())
        root.bind("<FocusIn>", self._focused)
        self._place()
        self._refresh()
        root.deiconify()
        self.table.tree.focus_set()

    def _band(self) -> None:
        theme = self.theme
        band = theme.frame(self.root, theme.palette.band)
        band.pack(fill="x")
        colour = theme.palette.on_band
        title = theme.label(band, self._texts("activity"), kind=theme.title, colour=colour)
        title.pack(anchor="w", padx=theme.px(20), pady=(theme.px(10), 0))
        about = theme.label(
            band, self._texts("activity_about"), kind=theme.small, colour=colour, width=self._inner_width()
        )
        about.pack(anchor="w", padx=theme.px(20), pady=(0, theme.px(10)))

    def _footer(self, body: tk.Frame) -> None:
        theme, texts = self.theme, self._texts
        footer = theme.frame(self.root, theme.palette.panel)
        footer.pack(fill="x", side="bottom", before=body)  # it keeps its place in a low window
        tk.Frame(footer, background=theme.palette.line, height=1).pack(fill="x")
        row = theme.frame(footer, theme.palette.panel)
        row.pack(fill="x", padx=theme.px(20), pady=theme.px(10))
        actions: tuple[tuple[str, Callable[[], None], str], ...] = (
            ("activity_check", self._check, "left"),
            ("activity_save", self._save, "left"),
            ("close", self.root.destroy, "right"),
        )
        for name, action, side in actions:
            button = theme.button(row, texts(name))
            button.configure(command=action)
            button.pack(side="left" if side == "left" else "right", padx=(0, theme.px(6)))
            for key in ("<Return>", "<KP_Enter>"):
                button.bind(key, lambda _, button=button: button.invoke())

    def _top_row(self, body: tk.Frame) -> Choices[Choice]:
        row = self.theme.frame(body)
        row.pack(fill="x", pady=(0, self.theme.px(8)))
        names = {choice: self._texts(name) for choice, name in _NAMES.items()}
        choices = Choices(self.theme, row, names, self._fill)
        choices.holder.pack(side="left")
        self._count = self.theme.label(row, "", kind=self.theme.small, colour=self.theme.palette.faint)
        self._count.pack(side="right")
        return choices

    def _detail_text(self, body: tk.Frame) -> tk.Text:
        theme = self.theme
        holder = tk.Frame(body, background=theme.palette.line)
        holder.pack(side="bottom", fill="x", pady=(theme.px(10), 0), before=self.table.holder)
        text = tk.Text(
            holder,
            height=_DETAIL_LINES,
            width=10,
            font=theme.body,
            background=theme.palette.panel,
            foreground=theme.palette.ink,
            wrap="char" if self._language == "ja" else "word",
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
            padx=theme.px(12),
            pady=theme.px(8),
            spacing3=theme.px(2),
            state="disabled",
        )
        bar = theme.scrollbar(holder, text.yview, theme.px(14))
        text.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y", padx=(0, 1), pady=1)
        text.pack(side="left", fill="both", expand=True, padx=1, pady=1)
        indent = theme.px(130)
        for tag, colour in (("name", theme.palette.faint), ("value", theme.palette.ink)):
            text.tag_configure(tag, foreground=colour, tabs=(indent,), lmargin2=indent)
        text.tag_configure("alert", foreground=theme.palette.alert, font=theme.bold)
        return text

    def _inner_width(self) -> int:
        return min(self.theme.px(_SIZE_PX[0]), self.root.winfo_screenwidth()) - self.theme.px(40)

    def _place(self) -> None:
        own.place(self.root, self.theme, _SIZE_PX, _LEAST_PX)

    def _focused(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self.root and AuditFiles(self._folder).state() != self._state:
            self._refresh()

    def _read(self) -> Log | None:
        try:
            return read(self._folder, most=MOST_SHOWN)
        except OSError:
            return None

    def _refresh(self) -> None:
        """Read the log again."""
        self._state = AuditFiles(self._folder).state()
        self._log = self._read()
        self._fill()
        if self._log is None:
            self._say(self._texts("activity_unreadable"), is_alert=True)
        elif self._log.report.faults:
            self._say(self._texts("activity_broken"), is_alert=True)
        elif not self._log.records:
            self._say(self._texts("activity_empty"))

    def _fill(self) -> None:
        log, before = self._log, self.table.chosen
        shown = [] if log is None else matching(log.records, self._choices.chosen)
        self.table.show(shown)
        chosen = self.table.chosen
        if chosen is None:
            self._say(self._texts("activity_none"))
        elif chosen != before:
            self._show_details(chosen)
        is_cut = log is not None and log.report.records > len(log.records)
        self._count.configure(
            text=self._texts("activity_latest" if is_cut else "activity_count", count=len(shown))
        )

    def _show_details(self, record: AuditRecord) -> None:
        rows = details(record, self._language)
        self._write([part for name, value in rows for part in ((f"\n{name}\t", "name"), (value, "value"))])

    def _check(self) -> None:
        self._refresh()
        if self._log is not None:
            verdict, *others = summary(self._log.report, self._language)
            tag = "" if self._log.report.is_whole else "alert"
            self._write([(verdict, tag), *((f"\n{other}", "") for other in others)])

    def _save(self) -> None:
        try:
            path = paths.new_file("cardbridge-activity", ".csv")
            log = export(self._folder, path, self._language)
        except OSError as error:
            self._say(f"{self._texts('activity_unsaved')}\n{error.strerror or error}", is_alert=True)
            return
        self._log = self._read()
        self._fill()
        lines = [self._texts("activity_saved", count=len(log.records)), str(path)]
        if log.report.head is not None:
            lines += [self._texts("activity_keep"), str(log.report.head)]
        self._say("\n".join(lines))

    def _say(self, text: str, *, is_alert: bool = False) -> None:
        self._write([(text, "alert" if is_alert else "")])

    def _write(self, parts: list[tuple[str, str]]) -> None:
        self._detail.configure(state="normal")
        self._detail.delete("1.0", "end")
        for index, (text, tag) in enumerate(parts):
            self._detail.insert("end", text if index else text.lstrip("\n"), tag)
        self._detail.configure(state="disabled")
        self._detail.yview_moveto(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
