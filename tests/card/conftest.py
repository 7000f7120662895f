"""Fixtures for tests that need a clerk's desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cardbridge_demo.desktop import desktop
from tests.card.stack import Card, pcsc_stack
from tests.card.workplace import Workplace


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A P-256 card in the first reader of two, another one beside."""
    cards = [Card(name=name, key_type="p256") for name in ("first", "second")]
    with pcsc_stack(cards, readers=1) as stack, desktop() as screen:
        yield Workplace(folder=tmp_path_factory.mktemp("workplace"), cards=stack, screen=screen)
