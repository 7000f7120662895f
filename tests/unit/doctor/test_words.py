"""Every finding has its words in both languages, with the same gaps; none is left over."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import bridge.doctor
from bridge.core.finding import Finding
from bridge.core.readers import ReaderState
from bridge.doctor import words_en, words_ja
from bridge.doctor.words import summary, words

FOLDER = Path(bridge.doctor.__path__[0])
TREES = [ast.parse(p.read_text("utf-8")) for p in FOLDER.rglob("*.py") if not p.name.startswith("words_")]
CONSTANTS = {
    node.value
    for tree in [*TREES, ast.parse((FOLDER.parent / "doctorcli.py").read_text("utf-8"))]
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}
READERS: tuple[ReaderState, ...] = ("empty", "present", "inUse", "mute", "unsupported")
COMPOSED = {
    *(f"reader_{state}" for state in READERS),
    *(f"pin_{state}" for state in ("locked", "finalTry")),
    *(f"folders_{kind}" for kind in ("linked", "foreign", "open")),
}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert set(words_ja.WORDS) == set(words_en.WORDS)
    assert set(words_ja.TITLES) == set(words_en.TITLES)
    assert set(words_ja.FRAME) == set(words_en.FRAME)


@pytest.mark.parametrize("code", sorted(words_ja.WORDS))
def test_the_same_gaps_and_a_remedy_in_both_or_none(code: str) -> None:
    for ours, theirs in zip(words_ja.WORDS[code], words_en.WORDS[code], strict=True):
        assert gaps(ours) == gaps(theirs) and bool(ours) == bool(theirs)
        assert re.fullmatch(r"[ -~]*", theirs)
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", words_ja.WORDS[code][0])


@pytest.mark.parametrize("key", sorted(words_ja.FRAME))
def test_the_frame_has_the_same_gaps(key: str) -> None:
    assert gaps(words_ja.FRAME[key]) == gaps(words_en.FRAME[key])


def test_none_is_missing_and_none_is_left_over() -> None:
    codes = {
        node.value.value
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "code"
        if isinstance(node.value, ast.Constant)
    }
    assert codes <= set(words_ja.WORDS)
    assert sorted(set(words_ja.WORDS) - CONSTANTS - COMPOSED) == []
    assert sorted(set(words_ja.TITLES) - CONSTANTS) == []
    assert sorted(set(words_ja.FRAME) - CONSTANTS) == []


def test_a_value_cannot_write_on_the_terminal() -> None:
    values = {"name": "\x1b[2J\u202eevil{path}", "path": "/x"}
    said = words(Finding(id="driver.load", code="driver_hangs", state="failure", values=values), "ja")
    assert "\x1b" not in said.what and "\u202e" not in said.what and "{path}" in said.what


def test_the_summary_counts() -> None:
    bad = Finding(id="readers", code="reader_none", state="failure")
    odd = Finding(id="card", code="card_none", state="warning")
    assert summary([bad, odd], "ja") == "問題が1件、注意が1件あります。"
    assert "1 to take note of" in summary([odd], "en") and summary([], "en") == "No problem was found."
