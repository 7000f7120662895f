"""Each input of the corpus, and each that once broke something, goes through its target without a fuzzer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import CORPUS, CRASHES, TARGETS

FOUND = sorted(CRASHES.glob("*-*"))


@pytest.mark.parametrize("name", TARGETS)
def test_corpus(name: str) -> None:
    inputs = sorted((CORPUS / name).iterdir())
    assert inputs
    for each in (b"", b"\0", *(path.read_bytes() for path in inputs)):
        TARGETS[name](each)


@pytest.mark.parametrize("path", FOUND, ids=[path.name for path in FOUND])
def test_what_was_found_is_mended(path: Path) -> None:
    TARGETS[path.name.partition("-")[0]](path.read_bytes())
