"""Line breaks as Japanese typesetting wants them (JIS X 4051): Tk knows none of its rules. Pure."""

from __future__ import annotations

from collections.abc import Callable

_NOT_FIRST = (
    "、。，．・：；？！）」』】〉》〕］｝”’ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々ゝゞ⟧…‥～%),.:;?!]}"
)
_NOT_LAST = "（「『【⟦〈《〔［｛“‘([{"


def fold(text: str, width: int, measure: Callable[[str], int]) -> str:
    """`text` with line breaks, so that no line is wider than `width`.

    Latin words and numbers stay whole where they fit on a line.

    Args:
        measure: the width of a text, in the unit of `width`.
    """
    return "\n".join(folded for line in text.split("\n") for folded in _fold_line(line, width, measure))


def _fold_line(text: str, width: int, measure: Callable[[str], int]) -> list[str]:
    lines: list[str] = []
    while measure(text) > width:
        most = _fitting(text, width, measure)
        end = next((place for place in range(most, most // 2, -1) if _may_break(text, place)), most)
        lines.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return [*lines, text]


def _fitting(text: str, width: int, measure: Callable[[str], int]) -> int:
    """How many characters fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= width else (low, middle - 1)
    return low


def _may_break(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return before == " " or after == " " or not (_is_latin(before) and _is_latin(after))


def _is_latin(character: str) -> bool:
    return "!" <= character <= "\u024f"
