"""Over 250 hostile documents: each is refused before any window, or shown so that nobody is fooled."""

from __future__ import annotations

import pytest

from bridge.core.document import read_document
from bridge.core.errors import DocumentUnreadable
from bridge.ui.characters import line
from bridge.ui.preview import wire
from tests.ui.hostile.laboratory import WIDTH, Examined, examine
from tests.ui.hostile.marked_up import XMLS
from tests.ui.hostile.others import NAMES, OTHERS, REFUSED_NAMES
from tests.ui.hostile.pictures import PICTURES
from tests.ui.hostile.portable import PDFS
from tests.ui.hostile.specimen import Specimen
from tests.ui.hostile.texts import JSONS, TEXTS

GROUPS = {"text": TEXTS, "JSON": JSONS, "XML": XMLS, "PDF": PDFS, "picture": PICTURES, "other": OTHERS}
SPECIMENS: dict[str, Specimen] = {
    f"{group}: {name}": specimen
    for group, specimens in GROUPS.items()
    for name, specimen in specimens.items()
}
NEVER_SHOWN = "\0\x1b\b\r\u202e\u2066\u200b\ufeff\u2028\u2029"
MOST_PIXELS = 12_100_000


@pytest.fixture(scope="module")
def fates() -> dict[str, Examined]:
    """All of them go through one process, which none of them ends."""
    found, deaths = examine(SPECIMENS)
    assert deaths == 0, [name for name, fate in found.items() if fate.refused == "death"]
    return found


def test_enough_of_them() -> None:
    assert len(SPECIMENS) + len(NAMES) + len(REFUSED_NAMES) >= 250


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SPECIMENS)
def test_refused_or_shown(fates: dict[str, Examined], name: str) -> None:
    specimen, fate = SPECIMENS[name], fates[name]
    if specimen.verdict == "refused":
        assert fate.refused in ("gate", "reader")
    elif specimen.verdict == "shown":
        assert fate.refused == "nowhere"
        assert fate.sight is not None and set(fate.sight.cautions) == specimen.cautions
    if fate.refused == "nowhere":
        check_what_is_shown(specimen, fate)


def check_what_is_shown(specimen: Specimen, fate: Examined) -> None:
    assert fate.sight is not None
    assert fate.sight.digest == fate.digest and {page.digest for page in fate.pages} == {fate.digest}
    for text in specimen.says:
        assert text in fate.text
    for text in (*specimen.hides, *NEVER_SHOWN):
        assert text not in fate.text
    for page in fate.pages:
        if isinstance(page, wire.PicturePage):
            assert 0 < page.width <= WIDTH + 1 and 0 < page.width * page.height <= MOST_PIXELS
            assert page.height <= 16_000
            assert len(page.pixels) == page.width * page.height * 3
        else:
            assert all("\n" not in run.text for row in page.lines for run in row.runs)
            assert all(sum(len(run.text) for run in row.runs) < 1100 for row in page.lines)


@pytest.mark.parametrize("name", [name for name, each in SPECIMENS.items() if each.stands_out])
def test_what_imitates_or_hides_stands_out(fates: dict[str, Examined], name: str) -> None:
    assert fates[name].marked == SPECIMENS[name].stands_out


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(DocumentUnreadable) as refused:
        read_document(REFUSED_NAMES[name], "text/plain", b"x")
    assert refused.value.data == {"document": ""}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_shown(name: str) -> None:
    document = read_document(NAMES[name], "text/plain", b"x")
    shown = line(document.name)
    assert len(shown) <= 201
    assert all(character == "\u3000" or character.isprintable() for character in shown)
