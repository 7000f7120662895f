"""What a walk through the portal in a browser has reached: every screen, button, link and error by its id."""

import re
from collections import defaultdict
from pathlib import Path

from playwright.async_api import Page

import cardbridge_portal

README = Path(cardbridge_portal.__file__).parents[1] / "README.md"
ROW = re.compile(r"^\| (S\d+|マイページ) \| `[^|]*` \| (.+) \|$", re.MULTILINE)
ID = re.compile(r"`#([\w-]+)")
SCREEN = {"マイページ": "mypage"}


def promised() -> dict[str, set[str]]:
    """Screen → the ids that the portal's README promises there."""
    table = README.read_text("utf-8")
    return {SCREEN.get(name, name): set(ID.findall(ids)) for name, ids in ROW.findall(table)}


class Reached:
    """Ids that were visible, and errors that were shown, by screen."""

    def __init__(self) -> None:
        self.ids: dict[str, set[str]] = defaultdict(set)
        self.errors: dict[str, set[str]] = defaultdict(set)
        self.pressed: dict[str, set[str]] = defaultdict(set)

    async def look(self, page: Page) -> str:
        """Note what the page shows now; its screen."""
        screen, ids, reason = await page.evaluate(
            """() => [document.body.dataset.screen,
              [...document.querySelectorAll("[id]")].filter((e) => e.checkVisibility()).map(({ id }) => id),
              document.querySelector("#guidance:not([hidden])")?.dataset.reason ?? null]"""
        )
        self.ids[screen] |= set(ids)
        if reason is not None:
            self.errors[screen].add(reason)
        return str(screen)

    async def press(self, page: Page, selector: str) -> None:
        """Look, and click what has this id."""
        await page.wait_for_selector(f"{selector}:enabled, a{selector}")
        screen = await self.look(page)
        self.pressed[screen].add(selector.lstrip("#"))
        await page.click(selector)
