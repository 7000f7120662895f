"""Text that looks like another: what is invisible becomes visible, what imitates is pointed out. Pure.

After Unicode Technical Reports 36 and 39, for what appears in Japanese documents.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator

from bridge.ui.characters import code_of, is_hidden
from bridge.ui.preview.wire import Caution, Run, Style

_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_VARIATION = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_MAY_HIDE = re.compile(
    "[\u0300-\u036f\u3099\u309a\u0483-\u0489\u0591-\u08ff\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u2800\u3164\ufb1d-\ufdff\ufe00-\ufe2f\ufe70-\ufeff\uffa0"
    "\U00010800-\U00010fff\U0001e800-\U0001efff\U000e0000-\U000e0fff]"
)
"""With all that is not printable: what the slower look at each character is for."""

_NARROW = str.maketrans({0xFF01 + offset: 0x21 + offset for offset in range(94)})
_NUMBER = re.compile("[0-9０-９](?:[0-9０-９,.，．]*[0-9０-９])?")  # noqa: RUF001
_LATIN_WORD = re.compile("[A-Za-zＡ-Ｚａ-ｚ]+")  # noqa: RUF001
_KANA_WORD = re.compile("[ァ-ヶーｦ-ﾟ]+")  # noqa: RUF001
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚｦ-ﾟ]")  # noqa: RUF001
_DIGITS_WITH_LETTERS = re.compile("(?<![0-9A-Za-z])[0-9][0-9,.]*[OolI|][0-9,.OolI|]*[0-9](?![0-9A-Za-z])")
_OTHER_DIGITS = re.compile(
    "[\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0e50-\u0e59\u1090-\u1099"
    "\ua9d0-\ua9d9\U0001d400-\U0001d7ff\U0001fbf0-\U0001fbf9]"
)
_FOREIGN = re.compile(
    "[\u0250-\u02af\u0370-\u03ff\u0400-\u058f\u10a0-\u10ff\u13a0-\u13ff\u1c80-\u1c8f\u1d00-\u1d7f\u1f00-\u1fff"
    "\u2c60-\u2c7f\ua640-\ua69f\ua720-\ua7ff\uab30-\uabbf]"
)
_FOREIGN_WORD = re.compile(f"(?:[A-Za-zＡ-Ｚａ-ｚ\u00c0-\u024f]|{_FOREIGN.pattern})+")  # noqa: RUF001
_UNITS = frozenset("αβγδεθλμπρστφωΔΘΛΣΦΨΩ")  # noqa: RUF001
"""Greek that stands beside Latin letters and digits in ordinary texts: μm, kΩ, Δt."""

_LIKE_LATIN = frozenset("АВЕЅЗІЈКМНОРСТУХЬаеоргсуѵхѕіјһԁԛԝӏӀᴏᴄᴠᴡᴢΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳ")  # noqa: RUF001
_RADICAL = re.compile("[\u2e80-\u2fdf\u31c0-\u31e3]")
_IDEOGRAPH_AS_KANA = re.compile("(?<=[ァ-ヶー])(?:[力口二八工夕卜一](?=[ァ-ヶー])|一(?![一-龠々0-9０-９、]))")  # noqa: RUF001
_KANA_AS_IDEOGRAPH = re.compile(
    "(?<=[一-龠々])(?:[ロエタトハ]|(?<![一二三四五六七八九十百千万数何幾])カ)(?=[一-龠々])"
)  # noqa: RUF001
_UNUSUAL = re.compile(
    "|".join(each.pattern for each in (_MAY_HIDE, _OTHER_DIGITS, _RADICAL, _FOREIGN)).replace("]|[", "")
)
_NEIGHBOURS = re.compile(
    "[0-9][,.，．]?[０-９OolI|Ｏｏｌ]|[０-９][,.，．]?[0-9OolI|Ｏｏｌ]|[A-Za-z][Ａ-Ｚａ-ｚ]|[Ａ-Ｚａ-ｚ][A-Za-z]"  # noqa: RUF001
    "|[ァ-ヶー](?:[ｦ-ﾟ]|[力口二八工夕卜一])|[ｦ-ﾟ][ァ-ヶー]|[一-龠々][カロエタトハ]"  # noqa: RUF001
)
"""What no line is without in which widths are mixed or one letter stands for another: most lines are."""

_BEYOND_ASCII = (_OTHER_DIGITS, _RADICAL, _IDEOGRAPH_AS_KANA, _KANA_AS_IDEOGRAPH)

Found = set[Caution]
_Span = tuple[int, int]


def marked(text: str, style: Style, found: Found) -> tuple[Run, ...]:
    """A line in runs; what was found in it is added to `found`."""
    if not _needs_a_look(text):
        return (Run(text, style),) if text else ()
    suspects = list(_suspects(text, found))
    hidden = list(_hidden(text, found))
    if hidden:
        places = [at for at, _, _ in hidden]
        suspects = [part for span in suspects for part in _around(places, *span)]
    runs: list[Run] = []
    at = 0
    for start, end, kind in sorted([*hidden, *suspects]):
        if start < at:
            continue
        if start > at:
            runs.append(Run(text[at:start], style))
        part = text[start:end]
        runs.append(Run("".join(map(code_of, part)) if kind == "mark" else part, kind))
        at = end
    if at < len(text):
        runs.append(Run(text[at:], style))
    return tuple(runs)


def _around(places: list[int], start: int, end: int, kind: Style) -> Iterator[tuple[int, int, Style]]:
    """A span without what is hidden at `places`: that has to be seen, also in a word that imitates."""
    for at in places[bisect_left(places, start) : bisect_left(places, end)]:
        if start < at:
            yield start, at, kind
        start = at + 1
    if start < end:
        yield start, end, kind


def _needs_a_look(text: str) -> bool:
    if text.isascii():
        return not text.isprintable() or _DIGITS_WITH_LETTERS.search(text) is not None
    return not _is_printable(text) or bool(_NEIGHBOURS.search(text) or _UNUSUAL.search(text))


def _is_printable(text: str) -> bool:
    return text.replace("\u3000", "").replace("\t", "").isprintable()


def _hidden(text: str, found: Found) -> Iterator[tuple[int, int, Style]]:
    if _is_printable(text) and not _MAY_HIDE.search(text):
        return
    marks = 0
    for index, character in enumerate(text):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if character != "\t" and is_hidden(character, marks):
            found.add(_kind_of(character))
            yield index, index + 1, "mark"


def _kind_of(character: str) -> Caution:
    if _VARIATION.match(character):
        return "variation"
    if _DIRECTION.match(character) or unicodedata.bidirectional(character) in ("R", "AL", "AN"):
        return "direction"
    return "hidden"


def _suspects(text: str, found: Found) -> Iterator[tuple[int, int, Style]]:
    hits: list[tuple[Caution, _Span]] = []
    narrow = text
    if _WIDE.search(text):
        hits += [("widths", span) for span in _mixed_widths(text)]
        narrow = text.translate(_NARROW)
    hits += [("lookalikes", match.span()) for match in _DIGITS_WITH_LETTERS.finditer(narrow)]
    if not text.isascii():
        hits += [("lookalikes", span) for span in _lookalikes(text)]
    for code, (start, end) in hits:
        found.add(code)
        yield start, end, "suspect"


def _mixed_widths(text: str) -> Iterator[_Span]:
    """Numbers and words that are half-width in one part and full-width in another."""
    for pattern in (_NUMBER, _LATIN_WORD):
        for match in pattern.finditer(text):
            kinds = {character.isascii() for character in match.group() if character.isalnum()}
            if len(kinds) == 2:
                yield match.span()
    for match in _KANA_WORD.finditer(text):
        if len({character >= "\uff00" for character in match.group()}) == 2:
            yield match.span()


def _lookalikes(text: str) -> Iterator[_Span]:
    for pattern in _BEYOND_ASCII:
        yield from (match.span() for match in pattern.finditer(text))
    if not _FOREIGN.search(text):
        return
    for match in _FOREIGN_WORD.finditer(text):
        word = match.group()
        foreign = set(_FOREIGN.findall(word))
        has_latin = len(foreign) < len(set(word))
        if foreign and (foreign - _UNITS if has_latin else foreign <= _LIKE_LATIN):
            yield match.span()
