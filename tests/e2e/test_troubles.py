"""The page for clerks and help desks says what the program says, trouble by trouble."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cardbridge_card.pcscd import missing_piece
from tests.e2e.troubles import all_ten, an_office

PAGE = Path(__file__).parents[2] / "web-demo/troubles/README.md"
_MOST_BYTES = 1_500_000
_NEXT_STEP = re.compile("ください。")


def quotes() -> dict[int, list[str]]:
    """What the page quotes in each numbered section."""
    found: dict[int, list[str]] = {}
    for section in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        found[int(section.partition(".")[0])] = re.findall(r"^> (.*)$", section, flags=re.MULTILINE)
    return found


def test_each_trouble_ends_with_a_next_step() -> None:
    """A sentence asks for something to be done."""
    assert list(quotes()) == list(range(1, 11))
    lost = [number for number, said in quotes().items() if not any(map(_NEXT_STEP.search, said))]
    assert lost == []


def test_pictures_are_there_and_small() -> None:
    named = set(re.findall(r"\]\((\d\d-\w+\.png)\)", PAGE.read_text("utf-8")))
    kept = {path.name: path.stat().st_size for path in PAGE.parent.glob("*.png")}
    assert named == set(kept) and sum(kept.values()) < _MOST_BYTES


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.card
@pytest.mark.timeout(600)
@pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}")
def test_ten_troubles(tmp_path: Path) -> None:
    if shutil.which("convert") is None:
        pytest.skip("ImageMagick is not installed")
    with an_office(tmp_path) as office:
        all_ten(office)
    assert dict(office.said) == quotes()
    assert {path.name for path in tmp_path.glob("*.png")} == {path.name for path in PAGE.parent.glob("*.png")}
