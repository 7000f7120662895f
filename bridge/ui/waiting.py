"""The screens that wait for a card: for one that is inserted, for one that another program lets go."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from bridge.core.consent import WaitForReader
from bridge.ui.characters import line
from bridge.ui.parts import heading, only_button
from bridge.ui.window import Frame

_LONGEST_PROGRAM = 40
_MOST_PROGRAMS = 5


def for_card(frame: Frame, on_cancel: Callable[[], None]) -> None:
    """Nothing to answer: the daemon shows the next screen when a card is there."""
    _waiting(frame, "insert_title", [frame.texts("insert")], on_cancel)


def for_reader(frame: Frame, screen: WaitForReader, on_cancel: Callable[[], None]) -> None:
    """Nothing to answer: the daemon shows the next screen when the other program lets go."""
    texts = frame.texts
    sentences = [texts("in_use"), f"{texts('reader')}{texts('colon')}{line(screen.reader)}"]
    if screen.programs:
        names = [line(program, _LONGEST_PROGRAM) for program in screen.programs[:_MOST_PROGRAMS]]
        names += [texts("more")] if len(screen.programs) > _MOST_PROGRAMS else []
        sentences.append("\n".join((texts("in_use_programs"), *(f"　・{name}" for name in names))))
    sentences.append(texts("in_use_remedy"))
    _waiting(frame, "in_use_title", sentences, on_cancel)


def _waiting(frame: Frame, title: str, sentences: list[str], on_cancel: Callable[[], None]) -> None:
    theme = frame.theme
    heading(frame, frame.texts(title))
    for sentence in sentences:
        theme.label(frame.body, sentence).pack(anchor="w", pady=(0, theme.px(6)))
    tk.Frame(frame.body, height=theme.px(12)).pack()
    only_button(frame, frame.texts("cancel"), on_cancel, is_default=False)
    frame.present(frame.root)
