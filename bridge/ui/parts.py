"""Pieces that several screens share."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from datetime import datetime

from bridge.core.consent import Holder
from bridge.core.settings import Language
from bridge.ui.characters import revealed
from bridge.ui.theme import FAINT, PANEL
from bridge.ui.window import Frame


def heading(frame: Frame, text: str) -> None:
    frame.theme.label(frame.body, text, kind=frame.theme.title).pack(anchor="w", pady=(0, frame.theme.px(8)))


def buttons(frame: Frame, ok: str, on_ok: Callable[[], None], on_cancel: Callable[[], None]) -> tk.Button:
    """Cancel and the default button, which is enabled when input counts; Enter presses it."""
    theme = frame.theme
    accept = theme.button(frame.buttons, ok, is_default=True)
    accept.configure(command=on_ok, state="disabled")
    cancel = theme.button(frame.buttons, frame.texts("cancel"))
    cancel.configure(command=on_cancel)
    cancel.pack(side="left", padx=(0, theme.px(10)))
    accept.pack(side="left")
    for key in ("<Return>", "<KP_Enter>"):
        accept.bind(key, lambda _: accept.invoke())
        cancel.bind(key, lambda _: cancel.invoke())
        frame.root.bind(key, lambda event: accept.invoke() if event.widget not in (accept, cancel) else None)
    return accept


def enable(button: tk.Button) -> None:
    button.configure(state="normal")


def holder_table(frame: Frame, holder: Holder, language: Language) -> None:
    """Who the card belongs to, row by row."""
    theme, texts = frame.theme, frame.texts
    panel = theme.frame(frame.body, PANEL)
    panel.pack(fill="x", pady=(0, theme.px(12)))
    panel.columnconfigure(1, weight=1)
    for row, (name, value) in enumerate(_rows(frame, holder, language)):
        pady = (theme.px(7 if row == 0 else 2), theme.px(2))
        theme.label(panel, name, kind=theme.small, colour=FAINT).grid(
            row=row, column=0, sticky="nw", padx=(theme.px(12), theme.px(16)), pady=pady
        )
        is_person = row < 2
        value_label = theme.label(
            panel,
            revealed(value) or texts("none"),
            kind=theme.bold if is_person else theme.body,
            width=theme.width - theme.px(220),
        )
        value_label.grid(row=row, column=1, sticky="w", padx=(0, theme.px(12)), pady=pady)
    tk.Frame(panel, background=PANEL, height=theme.px(6)).grid(row=9, column=0)


def _rows(frame: Frame, holder: Holder, language: Language) -> list[tuple[str, str]]:
    texts = frame.texts
    return [
        (texts("holder"), holder.common_name),
        (texts("organization"), holder.organization),
        (texts("issuer"), holder.issuer),
        (texts("validity"), validity(holder, language)),
        (texts("reader"), holder.reader),
    ]


def validity(holder: Holder, language: Language) -> str:
    return f"{_day(holder.not_before, language)} ～ {_day(holder.not_after, language)}"


def _day(time: str, language: Language) -> str:
    try:
        day = datetime.fromisoformat(time).astimezone()
    except ValueError:
        return time
    return f"{day.year}年{day.month}月{day.day}日" if language == "ja" else f"{day:%Y-%m-%d}"
