"""The municipalities of the sample: 43 of Kagoshima, sample data and nothing official."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .check_digits import CheckDigit
from .text import Text

# How many digits a registration number has, by municipality code; sample data as well.
NUMBER_LENGTHS = {"462012": 8, "462039": 10}
DEFAULT_NUMBER_LENGTH = 9
# Whose numbers end with a check digit, and which one (check_digits.py); sample data as well.
NUMBER_CHECKS: dict[str, CheckDigit] = {"462039": "luhn", "462080": "modulus11"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """One procuring entity: 6-digit code, name, its reading in hiragana, and its name in English."""

    code: str
    name: str
    reading: str
    english: str

    @property
    def shown(self) -> Text:
        """The name in the page's language."""
        return Text(self.name, self.english)

    @property
    def number_length(self) -> int:
        """Digits of a registration number here."""
        return NUMBER_LENGTHS.get(self.code, DEFAULT_NUMBER_LENGTH)

    @property
    def number_check(self) -> CheckDigit:
        """Which check digit ends a registration number here."""
        return NUMBER_CHECKS.get(self.code, "none")


@cache
def municipalities() -> dict[str, Municipality]:
    """All of them by code, in code order."""
    text = files(__package__).joinpath("data/municipalities.json").read_text("utf-8")
    entries = (Municipality(**entry) for entry in json.loads(text))
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}
