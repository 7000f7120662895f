"""Every word of the windows: there in both languages, with the same gaps, and used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import bridge.ui
from bridge.core.consent import Obstacle, Purpose
from bridge.ui.texts import CATALOGUES, Texts

JA, EN = CATALOGUES["ja"], CATALOGUES["en"]
FOLDER = Path(bridge.ui.__path__[0])
SOURCES = {
    path.name: ast.parse(path.read_text("utf-8"))
    for path in FOLDER.rglob("*.py")
    if not path.name.endswith("texts.py")
}
CALLED = ("texts", "words", "note", "mark")
GIVEN: tuple[str, ...] = (*get_args(Purpose), *get_args(Obstacle))


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def constants(node: ast.AST) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def choices(node: ast.expr) -> set[str]:
    """The texts that an argument names, on either side of an `if`."""
    if isinstance(node, ast.IfExp):
        return choices(node.body) | choices(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def looked_up() -> Iterator[tuple[str, int, set[str], set[str]]]:
    """Each call of `texts(…)`: file, line, the keys that are named in it, the values that fill gaps."""
    for name, tree in SOURCES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func
            if getattr(called, "attr", getattr(called, "id", "")) in CALLED:
                values = {keyword.arg for keyword in node.keywords if keyword.arg}
                yield name, node.lineno, choices(node.args[0]), values


def test_both_languages_have_the_same_keys() -> None:
    assert set(JA) == set(EN)


@pytest.mark.parametrize("key", sorted(JA))
def test_both_languages_have_the_same_gaps(key: str) -> None:
    assert gaps(JA[key]) == gaps(EN[key])
    assert "" not in gaps(JA[key]), "gaps have names"


@pytest.mark.parametrize("key", sorted(JA))
def test_every_text_is_in_its_language(key: str) -> None:
    assert JA[key].strip() and EN[key].strip()
    assert re.fullmatch(r"[ -~…“”’–⟦⟧]*", EN[key])
    if key not in ("ok", "colon", "item"):
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", JA[key])


def test_every_key_that_is_looked_up_is_there() -> None:
    calls = list(looked_up())
    assert len(calls) > 20
    missing = [(name, line, key) for name, line, keys, _ in calls for key in keys if key not in JA]
    assert missing == []
    assert [key for key in GIVEN if key not in JA] == []


def test_every_gap_is_filled() -> None:
    wrong = [
        (name, line, key, gaps(JA[key]) - values)
        for name, line, keys, values in looked_up()
        for key in keys
        if key in JA and not gaps(JA[key]) <= values
    ]
    assert wrong == []


def test_no_text_is_left_over() -> None:
    used = set().union(*map(constants, SOURCES.values())) | set(GIVEN)
    assert sorted(set(JA) - used) == []


def test_a_text_with_its_gaps_filled() -> None:
    assert Texts("ja")("tries", count=2) == JA["tries"].replace("{count}", "2")
    assert Texts("en")("bytes", size=1234567) == "1,234,567 bytes"
    with pytest.raises(KeyError):
        Texts("ja")("no such text")
