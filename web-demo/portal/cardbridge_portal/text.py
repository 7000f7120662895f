"""Texts in the pages' two languages, side by side, so that neither is forgotten. Pure.

Python has `Text(ja, en)`, templates and scripts have `t(ja, en)`. With two languages for good, a catalogue of
keys (gettext, a dict each) would only move the two halves of a sentence apart.
"""

from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    ja: str
    en: str

    def said(self, language: Language) -> str:
        """The text in one of them."""
        return self.en if language == "en" else self.ja
