"""Fixtures of the browser tests: one stage for all, a fresh card and page for each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cardbridge_portal.settings import CLIENT
from tests.portal.browser.stage import CHROMIUM, Hand, Stage, at, open_stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    if not CHROMIUM.exists() or not (CLIENT / "cardbridge.js").exists():
        pytest.skip("no Chromium, or no client")
    data = Path(shutil.copytree(template, tmp_path_factory.mktemp("stage") / "data"))
    async with open_stage(data) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def hand(stage: Stage) -> AsyncIterator[Hand]:
    """A clerk with a new card, at a Japanese page."""
    await stage.new_card()
    async with at(stage) as opened:
        yield opened
