"""The authority's side: every screen that a link leads to, without barriers, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.portal.browser.inspector import AXE, Inspector
from tests.portal.browser.stage import Stage, at
from tests.portal.clerk import read_samples

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
    pytest.mark.skipif(not AXE.exists(), reason="no axe-core: installer/bootstrap.sh --with-node"),
]

LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"


@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.slow)])
async def test_no_barriers(stage: Stage, language: str) -> None:
    stage.new_card()
    async with at(stage) as hand:  # a company with a card and a history
        await hand.confirm()
        await hand.page.click("#register")
        await hand.screen("S7")
    officials = [entry for entry in read_samples(stage.data) if entry.get("kind") == "official"]
    stage.daemon.card = Path(officials[0]["card"])
    async with at(stage, language, viewport={"width": 1024, "height": 600}, reduced_motion="reduce") as desk:
        page = desk.page
        inspector = Inspector(page, language)
        await page.goto(f"{stage.origin}/authority/")
        await desk.screen("A0")
        await inspector.look("A0")
        await page.goto(f"{stage.origin}/authority/card")
        await desk.screen("A2")
        seen, waiting = {"/authority/", "/authority/card"}, ["/authority/companies"]
        while waiting:
            path = waiting.pop(0)
            shape = re.sub(r"\d+", "N", path)
            if shape in seen:
                continue
            seen.add(shape)
            response = await page.goto(stage.origin + path)
            assert response is not None and response.status == 200, path
            await inspector.look(shape.strip("/").replace("/", "-"))
            links: list[str] = await page.evaluate(LINKS)
            for link in links:
                found = re.match(re.escape(stage.origin) + r"(/authority/[^?#]*)$", link)
                if found and not re.search(r"\.(csv|txt|p7s)$|document|signature|download", found[1]):
                    waiting.append(found[1])
        assert len(seen) >= 8, seen
