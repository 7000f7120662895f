"""Every word of the settings window: there in both languages, with the same gaps, and used."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

import bridge.preferences
from bridge.core.lookalike import Kind
from bridge.preferences.texts import CATALOGUES
from tests.unit.ui.test_texts import constants, gaps

JA, EN = CATALOGUES["ja"], CATALOGUES["en"]
FILES = [path for path in Path(bridge.preferences.__path__[0]).glob("*.py") if path.name != "texts.py"]
USED = set(get_args(Kind)).union(*(constants(ast.parse(path.read_text("utf-8"))) for path in FILES))
SAME_IN_BOTH = ("and", "strange_one")


def test_both_languages_have_the_same_keys() -> None:
    assert set(JA) == set(EN)


@pytest.mark.parametrize("key", sorted(JA))
def test_each_has_the_same_gaps_and_is_in_its_language(key: str) -> None:
    assert gaps(JA[key]) == gaps(EN[key]) and "" not in gaps(JA[key])
    assert JA[key].strip() and EN[key].strip()
    assert re.fullmatch(r"[ -~⟦⟧…]*", EN[key])
    if key not in SAME_IN_BOTH:
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", JA[key])


def test_no_text_is_left_over_and_none_is_missing() -> None:
    assert sorted(set(JA) - USED) == []
    calls = set(re.findall(r'texts\(\s*"(\w+)"', "".join(path.read_text("utf-8") for path in FILES)))
    assert sorted(calls - set(JA)) == [] and len(calls) > 80
    assert sorted(set(get_args(Kind)) - set(JA)) == []


def test_every_gap_is_filled() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "texts":
                given = {keyword.arg for keyword in node.keywords}
                assert gaps(JA[str(node.args[0].value)]) <= given, (path.name, node.lineno)
