"""What may be typed and what is shown of text that somebody else wrote. Pure."""

from __future__ import annotations

import unicodedata
from typing import Literal

_HALF_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_REVEALED = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a sign that look like nothing
_MOST_MARKS = 2
_LONGEST_LINE = 200
_LONGEST_ORIGIN = 320
ContactProblem = Literal["contact_digits", "contact_pin"]


def may_be_typed(text: str) -> bool:
    """Whether `text` may stand in the PIN field: printable ASCII, or full-width digits."""
    return all("!" <= character <= "~" or character in "０１２３４５６７８９" for character in text)


def half_width(text: str) -> str:
    """Full-width digits as half-width ones; everything else as it is."""
    return text.translate(_HALF_WIDTH_DIGITS)


def contact_problem(contact: str, pin: str) -> ContactProblem | None:
    """Why this 担当者 may not leave the window: it would give a PIN away.

    Width, space and signs between the digits make no difference.
    """
    folded = "".join(unicodedata.normalize("NFKC", contact).split())
    words = _letters_and_digits(folded)
    if words and all(unicodedata.category(character) == "Nd" for character in words):
        return "contact_digits"
    if pin and (pin in folded or _letters_and_digits(pin) and _letters_and_digits(pin) in words):
        return "contact_pin"
    return None


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def revealed(text: str) -> str:
    """`text` with characters that hide or reorder others made visible, except tab and newline."""
    marks, shown = 0, []
    for character in text.replace("\r\n", "\n"):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        is_hidden = category in _REVEALED or character in _BLANK_LETTERS or marks > _MOST_MARKS
        shown.append(_code(character) if is_hidden and character not in "\t\n" else character)
    return "".join(shown)


def line(text: str, longest: int = _LONGEST_LINE) -> str:
    """`text` as one line of a window: `revealed`, newline and tab too, and cut after `longest` characters."""
    start = revealed(text[: longest + 1]).replace("\n", _code("\n")).replace("\t", _code("\t"))
    return start if len(start) <= longest else f"{start[:longest]}…"


def origin_line(origin: str) -> str:
    """An origin in full; of one that is longer than DNS allows, the two ends."""
    shown = line(origin, len(origin) * 8)
    half = _LONGEST_ORIGIN // 2
    return shown if len(shown) <= _LONGEST_ORIGIN else f"{shown[:half]}…{shown[-half:]}"


def _code(character: str) -> str:
    return f"⟦U+{ord(character):04X}⟧"
