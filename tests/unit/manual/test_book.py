"""The manual: a page for each error, the kept files as made, found by reason, code or word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.core.errors import ERRORS
from bridge.core.sentences import SENTENCES
from bridge.manual import book, errorpages

KEPT = Path(__file__).parents[3] / "web-demo/manual"
TROUBLES = KEPT.parent / "troubles/README.md"
PAGES = errorpages.load()
DEVICE = {
    "noReader", "noCard", "cardRemoved", "cardUnsupported", "readerServiceUnavailable",
    "driverNotFound", "driverFailed", "driverTimeout",
}  # fmt: skip


def test_each_error_of_the_contract_has_a_page_and_no_other() -> None:
    assert set(PAGES) == set(ERRORS)


def test_the_kept_files_are_those_that_are_made() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in KEPT.iterdir()}
    assert kept == book.book(), "python -m bridge.manual.book web-demo/manual"


@pytest.mark.parametrize("reason", PAGES)
def test_nothing_is_missing_in_either_language(reason: str) -> None:
    page = PAGES[reason]
    for text in (page.title, page.happened):
        assert text.ja and text.en
    assert len(page.steps.ja) == len(page.steps.en) > 0
    assert not page.scene or any(
        page.scene == re.sub("[. ]", lambda dot: "-" if dot[0] == " " else "", line[3:]).lower()
        for line in TROUBLES.read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    )


def test_every_sentence_that_a_screen_can_show_is_on_a_page() -> None:
    shown = {sentence for reason in PAGES for sentence in errorpages.sentences(reason, "ja")}
    assert shown == set(SENTENCES["ja"].values())


@pytest.mark.parametrize(("query", "found"), [
    ("03001", DEVICE),
    ("APPLET-CRITICAL-01400205-03001 デバイスエラー", DEVICE),
    ("…０３００２", {"pinIncorrect", "pinLocked"}),
    ("noreader", {"noReader"}),
    ("-32021", {"pinLocked"}),
    ("ＰＵＫ", {"pinLocked"}),
    ("ICカードが入っていません", {"noCard"}),
    ("no such thing", set()),
    ("", set()),
])  # fmt: skip
def test_a_query_finds(query: str, found: set[str]) -> None:
    assert set(errorpages.find(PAGES, query)) == found


def test_pages_that_are_about_a_word_come_before_those_that_mention_it() -> None:
    found = errorpages.find(PAGES, "PIN")
    assert found[:3] == ["pinIncorrect", "pinLocked", "pinRejected"] and "parseError" in found[3:]
