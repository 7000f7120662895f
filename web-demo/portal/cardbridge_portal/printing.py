"""The printed sheet is one A4 page whatever the form holds: long contents get smaller letters. Pure."""

import math
import unicodedata
from collections.abc import Iterable

LINE_COLUMNS = 84
"""Half-width columns of a value's line at the usual size (42 full-width characters)."""
SPARE_LINES = 5
"""How many values may take a further line before the sheet is full at the usual size."""


def is_dense(values: Iterable[str]) -> bool:
    """Whether the sheet needs the smaller letters (`.paper.dense` in portal.css)."""
    return sum(_lines(value) - 1 for value in values) > SPARE_LINES


def _lines(value: str) -> int:
    columns = sum(2 if unicodedata.east_asian_width(character) in "FWA" else 1 for character in value)
    return max(1, math.ceil(columns / LINE_COLUMNS))
