"""A settings file with a mistake: where it is, what it is, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bridge.config import ConfigurationError
from bridge.preferences.confirmation import confirm
from bridge.preferences.parts import heading, hint, notice
from bridge.ui.characters import line

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow

_MOST_BYTES = 1024 * 1024
_KINDS = (
    ("unknown field", "broken_unknown"),
    ("Expected `int`", "broken_number"),
    ("Expected `str`", "broken_text"),
    ("Expected `bool`", "broken_truth"),
    ("Invalid enum value", "broken_choice"),
    ("twice", "broken_twice"),
    ("not a web origin", "broken_origin"),
    ("must be https", "broken_origin"),
    ("absolute path", "broken_path"),
)
"""What msgspec and `bridge.core.settings` say, and how it is told here."""


def page(window: SettingsWindow, problem: ConfigurationError) -> None:
    """Stays until the file is in order again, which the window notices by itself."""
    texts, theme = window.texts, window.theme
    is_theirs = problem.file != window.model.files.user
    heading(window, texts("broken_title"))
    lines = [texts("broken_where", path=line(str(problem.file)))]
    if problem.line is not None:
        text = line(_line_of(problem.file, problem.line))
        lines.append(texts("broken_line", line=problem.line, text=text))
    if problem.key:
        lines.append(texts("broken_key", item=line(problem.key)))
    for text in lines:
        theme.label(window.body, text, kind=theme.bold, width=window.inner).pack(anchor="w")
    notice(window, texts(_kind(problem)))
    hint(window, texts("broken_detail", problem=line(problem.problem)))
    about = texts("broken_administrator" if is_theirs else "broken_mend")
    theme.label(window.body, about, width=window.inner).pack(anchor="w", pady=(theme.px(8), 0))
    if not is_theirs:
        window.button(texts("broken_reset"), lambda: _ask_to_reset(window, problem))


def _kind(problem: ConfigurationError) -> str:
    if problem.problem.startswith("not TOML"):
        return "broken_syntax"
    if problem.problem.startswith("cannot be read"):
        return "broken_unreadable"
    return next((key for sign, key in _KINDS if sign in problem.problem), "broken_value")


def _line_of(file: Path, number: int) -> str:
    try:
        with file.open("rb") as opened:
            lines = opened.read(_MOST_BYTES).decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return lines[number - 1].strip() if number <= len(lines) else ""


def _ask_to_reset(window: SettingsWindow, problem: ConfigurationError) -> None:
    texts, kept = window.texts, []

    def reset() -> None:
        kept.append(window.model.set_aside())

    confirm(
        window,
        texts("reset_title"),
        texts("reset_about"),
        lines=[line(str(problem.file))],
        ok=texts("reset"),
        action=lambda: window.done(reset, lambda: texts("reset_done", path=line(str(kept[0])))),
    )
