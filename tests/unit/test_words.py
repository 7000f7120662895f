"""Every word for a person: in both languages, with the same gaps, used, and none missing or outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.core.names import NAMES
from bridge.ui.texts import CATALOGUES as WINDOWS
from bridge.ui.texts import Texts
from tests.unit import catalogues
from tests.unit.catalogues import (
    CATALOGUES,
    LANGUAGES,
    ROOT,
    Catalogue,
    formats,
    gaps,
    literal,
    literals,
    tree,
)

EVERY = pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: each.name)
JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
KANA_OR_KANJI = re.compile("[ぁ-んァ-ヶ一-龠]")
WITHOUT_LETTERS = {"ok", "colon", "brackets", "from_to", "item", "and", "strange_one", "remedy"}
ENGLISH_MARKS = "…“”’–⟦⟧→"
JAPANESE_MARKS = "～－◀▶⟦⟧"
"""～ and － are of JIS X 0208 (Unicode has two of each); ◀▶ point, ⟦⟧ stand around what is added."""
ELSEWHERE = {
    "config.py": (3, "a name in brackets, and the parser's message as the second language"),
    "core/lookalike.py": (3, "characters that imitate others"),
    "core/redaction.py": (1, "digits that are blanked out"),
    "core/audit_csv.py": (4, "characters that begin a formula"),
    "doctor/report.py": (1, "the mark before a finding"),
    "doctorcli.py": (1, "はい, an answer that is taken"),
    "fonts.py": (1, "a font's file"),
    "manual/book.py": (3, "the page of web-demo/manual as a whole, Japanese first"),
    "paths.py": (2, "folders that systems call so"),
    "signatures/font.py": (1, "stands for a character that the font lacks"),
    "signatures/stamp.py": (1, "part of the signed document, not of a window"),
    "ui/characters.py": (3, "characters that are looked for"),
    "ui/folding.py": (2, "characters that do not begin or end a line"),
    "ui/parts.py": (2, "a wide space between two values"),
    "ui/preview/jsontext.py": (7, "names of members that documents use"),
    "ui/preview/layout.py": (2, "spaces"),
    "ui/preview/plain.py": (1, "a form that documents use"),
    "ui/preview/tricks.py": (11, "characters that are looked for"),
    "ui/records.py": (2, "the mark for nothing, and a wide space"),
    "ui/theme.py": (1, "signs with which the fonts are opened"),
    "ui/waiting.py": (1, "a list's dot"),
}
"""Japanese strings outside the catalogues that no person reads as a sentence: how many, and what they are."""
BILINGUAL = re.compile(r"(?s).*[ぁ-んァ-ヶ一-龠].*?(?: / |\n).*?[A-Za-z]{2}.*")
"""What is written where no language is known (command line, stderr): Japanese, then English."""
SPEAKS_BOTH = {
    "auditcli.py", "browsers/policiesjson.py", "browsers/policyfolder.py", "browsers/profile.py",
    "browsers/rootfiles.py", "cli.py", "daemon.py", "doctor/bundle.py", "doctorcli.py", "edits.py",
    "helpcli.py", "logs.py",
    "paths.py", "pkcs11/probe.py", "policycli.py", "policyview.py", "presets.py", "purging.py",
    "starting.py", "stopping.py", "ui/root.py", "urlscheme.py",
}  # fmt: skip


@EVERY
def test_both_languages_have_the_same_keys(catalogue: Catalogue) -> None:
    assert set(catalogue.texts["ja"]) == set(catalogue.texts["en"])


@EVERY
def test_no_text_is_empty_and_the_gaps_agree(catalogue: Catalogue) -> None:
    for key in catalogue.texts["ja"]:
        ours, theirs = catalogue.parts("ja", key), catalogue.parts("en", key)
        assert len(ours) == len(theirs), key
        for ja, en in zip(ours, theirs, strict=True):
            assert gaps(ja) == gaps(en) and "" not in gaps(ja) and formats(ja) == formats(en), key
            assert (ja.strip() and en.strip()) or (catalogue.name == "findings" and ja is not ours[0]), key


@EVERY
def test_japanese_is_japanese(catalogue: Catalogue) -> None:
    """Of JIS X 0208 (ISO-2022-JP) and ASCII, which every font has: no ①, no ㈱, no half-width kana."""
    for key in catalogue.texts["ja"]:
        text = "".join(catalogue.parts("ja", key))
        "".join(each for each in text if each not in JAPANESE_MARKS).encode("iso2022_jp")
        assert KANA_OR_KANJI.search(text) or key in WITHOUT_LETTERS, key


@EVERY
def test_english_is_english(catalogue: Catalogue) -> None:
    for key in catalogue.texts["en"]:
        text = "".join(catalogue.parts("en", key))
        assert re.fullmatch(f"[ -~{ENGLISH_MARKS}]*", text), key


@EVERY
def test_no_text_is_left_over(catalogue: Catalogue) -> None:
    named = {text for path in catalogue.files() for _, text in literals(tree(path))}
    keys = set(catalogue.texts["ja"])
    if catalogue.exact:
        assert keys == catalogue.given
    else:
        assert sorted(keys - named - catalogue.given - catalogue.composed_keys()) == []
    assert sorted((catalogue.given | catalogue.composed_keys()) - keys) == []
    assert sorted(set(catalogue.composed) - named) == [], "no such f-string any more"


@EVERY
def test_no_text_is_missing_and_every_gap_is_filled(catalogue: Catalogue) -> None:
    keys = set(catalogue.texts["ja"])
    for where, node, values in catalogue.asked():
        key = literal(node)
        if key is None:
            continue
        assert key in keys or key in catalogue.composed, (where, key)
        if catalogue.calls:
            missing = set().union(*map(gaps, catalogue.parts("ja", key))) - values
            assert missing <= set(), (where, key, missing)


def test_the_places_that_ask_are_found() -> None:
    assert {each.name: len(each.asked()) > 20 for each in CATALOGUES if each.calls or each.keywords} == {
        "windows": True, "settings window": True, "findings": True, "checks": True, "diagnosis": True,
    }  # fmt: skip


def test_every_catalogue_file_is_on_the_list() -> None:
    named = ("*texts.py", "*words*.py", "*sentences.py")
    found = {str(path.relative_to(ROOT)) for name in named for path in ROOT.rglob(name)}
    assert found - {"doctor/words.py"} <= catalogues.TEXT_FILES
    assert all((ROOT / name).is_file() for name in catalogues.TEXT_FILES)


def strings(path: Path) -> list[tuple[int, str]]:
    return [(line, text) for line, text in literals(tree(path)) if JAPANESE.search(text)]


def test_no_japanese_stands_outside_the_catalogues() -> None:
    speaks: set[str] = set()
    others: dict[str, list[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        for line, text in [] if name in catalogues.TEXT_FILES else strings(path):
            if name in SPEAKS_BOTH and BILINGUAL.fullmatch(text):
                speaks.add(name)
            else:
                others.setdefault(name, []).append(f"{line}: {text}")
    wrong = {name: found for name, found in others.items() if len(found) != ELSEWHERE.get(name, (0,))[0]}
    assert wrong == {}
    assert speaks == SPEAKS_BOTH and set(others) == set(ELSEWHERE), "the lists name nothing that is gone"


def test_the_windows_call_the_program_by_its_name() -> None:
    for language in LANGUAGES:
        assert WINDOWS[language]["title"] == NAMES[language]["program"]


def test_a_text_with_its_gaps_filled() -> None:
    assert Texts("ja")("tries", count=2) == WINDOWS["ja"]["tries"].replace("{count}", "2")
    assert Texts("en")("bytes", size=1234567) == "1,234,567 bytes"
    with pytest.raises(KeyError):
        Texts("ja")("no such text")
