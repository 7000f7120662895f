"""What may be typed and what is shown of text that somebody else wrote. Pure."""

from __future__ import annotations

import unicodedata
from typing import Literal

_HALF_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_REVEALED = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
_BLANKS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters and signs that look like nothing
    "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"  # odd spaces
    "\u180b\u180c\u180d\u180f"  # variation selectors, with those below
)
_IDEOGRAPHIC_SELECTORS = range(0xE0100, 0xE01F0)
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), _IDEOGRAPHIC_SELECTORS)
_IDEOGRAPHS = (range(0x3005, 0x3006), range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x40000))
_RIGHT_TO_LEFT = ("R", "AL", "AN")
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
    """`text` with characters that hide or reorder others made visible, except tab and newline.

    Letters that are written from right to left are among them: what stands where would depend on the display.
    A selector behind its ideograph is not: names are written so.
    """
    marks, before, shown = 0, "", []
    for character in text.replace("\r\n", "\n"):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        is_glyph = ord(character) in _IDEOGRAPHIC_SELECTORS and _is_ideograph(before)
        is_shown = character in "\t\n" or is_glyph or not is_hidden(character, marks)
        shown.append(character if is_shown else code_of(character))
        before = character
    return "".join(shown)


def _is_ideograph(character: str) -> bool:
    return character != "" and any(ord(character) in letters for letters in _IDEOGRAPHS)


def is_hidden(character: str, marks: int = 0) -> bool:
    """Whether `character` would not be seen, or would not be seen where it stands.

    Args:
        marks: how many combining marks there are at this place, with this one.
    """
    return (
        unicodedata.category(character) in _REVEALED
        or character in _BLANKS
        or marks > _MOST_MARKS
        or any(ord(character) in selectors for selectors in _VARIATION_SELECTORS)
        or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
    )


def line(text: str, longest: int = _LONGEST_LINE) -> str:
    """`text` as one line of a window: `revealed`, newline and tab too, and cut after `longest` characters."""
    start = revealed(text[: longest + 1]).replace("\n", code_of("\n")).replace("\t", code_of("\t"))
    return start if len(start) <= longest else f"{start[:longest]}…"


def origin_line(origin: str) -> str:
    """An origin in full; of one that is longer than DNS allows, the two ends."""
    return both_ends(origin, _LONGEST_ORIGIN)


def both_ends(text: str, longest: int) -> str:
    """`text` as one line, `revealed`; of more than `longest` characters, the two ends."""
    shown = line(text, len(text) * 8)
    half = longest // 2
    return shown if len(shown) <= longest else f"{shown[:half]}…{shown[-half:]}"


def code_of(character: str) -> str:
    """What stands for a character that cannot be seen."""
    return f"⟦U+{ord(character):04X}⟧"
