"""The table of limits in ARCHITECTURE.md says what the code does, and each of them has its test."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("\n## Limits\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in SECTION.splitlines()
    if "`" in line[:400]
]
TABLE = {row[0]: row[1:] for row in ROWS if len(row) == 5}


def test_the_table_is_there() -> None:
    assert len(TABLE) > 25


@pytest.mark.parametrize("name", TABLE)
def test_number_and_test(name: str) -> None:
    value, place, beyond, test = TABLE[name]
    module, _, constant = place.strip("`").partition(":")
    number = re.match(r"\d+", value)
    assert number is not None and beyond
    assert getattr(import_module(f"bridge.{module}"), constant) == int(number.group())
    file, _, function = test.strip("`").partition("::")
    text = (Path(__file__).parent / file).read_text("utf-8")
    assert re.search(rf"^(?:async )?def {function}\(", text, re.MULTILINE), test
