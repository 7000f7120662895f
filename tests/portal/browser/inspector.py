"""Looks for barriers: axe-core finds nothing, and nothing is cut off at any of three widths.

WCAG 2.2 A and AA and axe's best practices; widths of a small laptop (1024×600), of the same at 200 % zoom,
and of 320 CSS pixels (1.4.10 Reflow; tables may scroll within their own region).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parents[3] / "web-demo" / "portal" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = ((1024, 600), (512, 300), (320, 568))
PICTURES = os.environ.get("CARDBRIDGE_PICTURES")
"""A folder: then every state is kept as a picture, to look at."""

CUT_OFF = """() => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width <= 1 || element.closest(".skip, .scroll > *")) return false;
    if (style.visibility === "hidden") return false;
    const hides = element.scrollWidth > element.clientWidth + 1 && style.overflowX === "hidden";
    return hides || box.right > root.clientWidth + 1 || box.left < -1;
  });
  const scrolls = root.scrollWidth > root.clientWidth;
  return [...(scrolls ? ["scrolls"] : []), ...wide.map((element) => element.outerHTML.slice(0, 100))];
}"""


@dataclass
class Inspector:
    """Looks at one page after the other."""

    page: Page
    language: str

    async def look(self, name: str) -> None:
        page = self.page
        assert await page.get_attribute("html", "lang") == self.language
        assert await page.locator("h1").count() == 1
        await page.evaluate(AXE.read_text("utf-8"))
        options = json.dumps({"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
        found = await page.evaluate(f"axe.run(document, {options})")
        told = [
            f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in found["violations"]
        ]
        assert told == [], f"{name} ({self.language})"
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            cut = await page.evaluate(CUT_OFF)
            assert cut == [], f"{name} at {width}: {cut}"
            if PICTURES:
                path = Path(PICTURES) / f"{name}-{self.language}-{width}.png"
                await page.screenshot(path=path, full_page=True)
        await page.set_viewport_size({"width": 1024, "height": 600})
