"""Pieces that several screens share."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from datetime import datetime

from bridge.core.consent import Holder
from bridge.core.language import Language
from bridge.core.localtime import local
from bridge.ui.characters import line
from bridge.ui.texts import Texts
from bridge.ui.window import Frame


def heading(frame: Frame, text: str) -> None:
    frame.theme.label(frame.body, text, kind=frame.theme.title).pack(anchor="w", pady=(0, frame.theme.px(8)))


def buttons(frame: Frame, ok: str, on_ok: Callable[[], None], on_cancel: Callable[[], None]) -> tk.Button:
    """Cancel and the default button, which is to be enabled when input counts; Enter presses it."""
    theme = frame.theme
    cancel = theme.button(frame.buttons, frame.texts("cancel"))
    cancel.configure(command=on_cancel)
    cancel.pack(side="left", padx=(0, theme.px(6)))
    accept = theme.button(frame.buttons, ok, is_default=True)
    accept.configure(command=on_ok)
    theme.enable(accept, is_enabled=False)
    accept.pack(side="left")
    enter_presses(frame, accept, but_not=cancel)
    return accept


def only_button(frame: Frame, text: str, action: Callable[[], None], *, is_default: bool) -> tk.Button:
    """Nothing else to press; Enter presses it where it is the default, else only where it has the focus."""
    for part in frame.buttons.winfo_children():
        part.destroy()
    button = frame.theme.button(frame.buttons, text, is_default=is_default)
    button.configure(command=action)
    button.pack()
    if is_default:
        enter_presses(frame, button)
    else:
        for key in ("<Return>", "<KP_Enter>"):
            button.bind(key, lambda _: button.invoke())
    return button


def enter_presses(frame: Frame, button: tk.Button, *, but_not: tk.Button | None = None) -> None:
    """Let Enter press `button` from everywhere, except from `but_not`, which it presses there."""

    def pressed(event: tk.Event[tk.Misc]) -> None:
        (but_not if but_not is not None and event.widget is but_not else button).invoke()

    for key in ("<Return>", "<KP_Enter>"):
        frame.bind(key, pressed)


def notice(frame: Frame, text: str) -> None:
    """A warning that stays."""
    theme = frame.theme
    width = theme.width - theme.px(48)
    theme.warning(frame.body, text, width=width, margin=theme.px(12)).pack(fill="x", pady=(0, theme.px(8)))


def holder_table(frame: Frame, holder: Holder, language: Language, *, leaves_room: bool = False) -> None:
    """Who the card belongs to, row by row; with `leaves_room` in as few as can be."""
    theme, texts = frame.theme, frame.texts
    panel = theme.frame(frame.body, theme.palette.panel)
    panel.pack(fill="x", pady=(0, theme.px(12)))
    panel.columnconfigure(1, weight=1)
    rows = _few_rows(frame, holder, language) if leaves_room else _rows(frame, holder, language)
    for row, (name, value) in enumerate(rows):
        pady = (theme.px(7 if row == 0 else 2), theme.px(2))
        theme.label(panel, name, kind=theme.small, colour=theme.palette.faint).grid(
            row=row, column=0, sticky="nw", padx=(theme.px(12), theme.px(16)), pady=pady
        )
        is_person = row < (1 if leaves_room else 2)
        plain = theme.small if leaves_room else theme.body
        value_label = theme.label(
            panel,
            line(value) or texts("none"),
            kind=theme.bold if is_person else plain,
            width=theme.width - theme.px(220),
        )
        value_label.grid(row=row, column=1, sticky="w", padx=(0, theme.px(12)), pady=pady)
    tk.Frame(panel, background=theme.palette.panel, height=theme.px(6)).grid(row=9, column=0)


def _rows(frame: Frame, holder: Holder, language: Language) -> list[tuple[str, str]]:
    texts = frame.texts
    return [
        (texts("holder"), holder.common_name),
        (texts("organization"), holder.organization),
        (texts("issuer"), holder.issuer),
        (texts("validity"), validity(holder, texts)),
        (texts("reader"), holder.reader),
    ]


def _few_rows(frame: Frame, holder: Holder, language: Language) -> list[tuple[str, str]]:
    texts = frame.texts
    person = "　".join(filter(None, (holder.common_name, holder.organization)))
    facts = "　".join((holder.issuer, validity(holder, texts), holder.reader))
    return [(texts("holder"), person), (texts("issuer"), facts)]


def validity(holder: Holder, texts: Texts) -> str:
    return texts("from_to", first=_day(holder.not_before, texts), last=_day(holder.not_after, texts))


def _day(time: str, texts: Texts) -> str:
    try:
        return texts.date(local(datetime.fromisoformat(time)))
    except ValueError:
        return time
