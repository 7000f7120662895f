"""What the diagnosis says: a value cannot pass for something else, and the summary counts."""

from __future__ import annotations

from bridge.core.finding import Finding
from bridge.doctor import words_en, words_ja
from bridge.doctor.words import summary, words


def test_a_remedy_in_both_languages_or_in_none() -> None:
    assert [
        code for code, (_, remedy) in words_ja.WORDS.items() if bool(remedy) != bool(words_en.WORDS[code][1])
    ] == []


def test_a_value_cannot_write_on_the_terminal() -> None:
    values = {"name": "\x1b[2J\u202eevil{path}", "path": "/x"}
    said = words(Finding(id="driver.load", code="driver_hangs", state="failure", values=values), "ja")
    assert "\x1b" not in said.what and "\u202e" not in said.what and "{path}" in said.what


def test_the_summary_counts() -> None:
    bad = Finding(id="readers", code="reader_none", state="failure")
    odd = Finding(id="card", code="card_none", state="warning")
    assert summary([bad, odd], "ja") == "問題が1件、注意が1件あります。"
    assert "1 to take note of" in summary([odd], "en") and summary([], "en") == "No problem was found."
