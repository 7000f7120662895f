"""What may be typed and what is shown of text that somebody else wrote. Pure."""

from __future__ import annotations

import unicodedata
from typing import Literal

_HALF_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_REVEALED = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
ContactProblem = Literal["contact_digits", "contact_pin"]


def may_be_typed(text: str) -> bool:
    """Whether `text` may stand in the PIN field: printable ASCII, or full-width digits."""
    return all("!" <= character <= "~" or character in "０１２３４５６７８９" for character in text)


def half_width(text: str) -> str:
    """Full-width digits as half-width ones; everything else as it is."""
    return text.translate(_HALF_WIDTH_DIGITS)


def contact_problem(contact: str, pin: str) -> ContactProblem | None:
    """Why this 担当者 may not leave the window: it would give a PIN away."""
    folded = "".join(unicodedata.normalize("NFKC", contact).split())
    if folded and all(unicodedata.category(character) in ("Nd", "Pd") for character in folded):
        return "contact_digits"
    return "contact_pin" if pin and pin in folded else None


def revealed(text: str) -> str:
    """`text` with characters that hide or reorder others made visible, except tab and newline."""
    return "".join(_shown(character) for character in text.replace("\r\n", "\n"))


def _shown(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in _REVEALED:
        return character
    return f"⟦U+{ord(character):04X}⟧"
