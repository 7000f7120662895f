"""The printed sheet: one A4 page with the longest values that every field takes, all of them on it."""

from __future__ import annotations

import os
import re
import subprocess
import unicodedata
from pathlib import Path

import pytest

from cardbridge_portal.form import FIELDS, Field
from tests.portal.browser.stage import Stage, at
from tests.portal.companies import execute, rows

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
ASCII = {"postal": "890-0001", "phone": "09999-9999-9999"}
KANJI = "鹿児島県市町村電子入札共同利用利用者登録画面受付票確認用最長文字列"


def longest(field: Field) -> str:
    """As long as the field takes, full-width where it may be; its own, so that a lost one is missed."""
    if field.kind == "email":
        label, tail = f"{field.name.replace('_', '-')}.", "@example.jp"
        return label + "w" * (field.limit - len(label) - len(tail)) + tail
    if field.kind != "text":
        return ASCII[field.kind]
    own = f"（{field.name}）".translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    return (own + KANJI * 5)[: field.limit]


def run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _picture(pdf: Path, name: str) -> None:
    if folder := os.environ.get("CARDBRIDGE_PICTURES"):
        run("pdftoppm", "-r", "90", "-png", pdf, f"{folder}/sheet-{name}")


def plain(text: str) -> str:
    """Without blanks, and one form for what fonts have several glyphs for."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_one_page_with_everything(stage: Stage, tmp_path: Path, language: str) -> None:
    """In English pages the sheet is the same, Japanese."""
    long_name = ("株式会社" + KANJI * 4)[:120]
    address = ("鹿児島県" + KANJI * 8)[:240]
    await stage.new_card(holder=("見本　" + KANJI)[:21], company=long_name[:21])  # X.520: 64 bytes
    form = {field.name: longest(field) for field in FIELDS}
    async with at(stage, language) as hand:
        page = hand.page
        await hand.form()
        await hand.fill(**form)
        await page.click("#confirm")
        await hand.screen("S6")
        known = "SELECT name, representative, address FROM company WHERE id = 1"
        (before,) = rows(stage.data, known)
        names = (long_name, (KANJI * 4)[:120], address)
        change = "UPDATE company SET name = ?, representative = ?, address = ? WHERE id = 1"
        await execute(stage.data, change, *names)
        try:
            await page.click("#register")
            await hand.screen("S7")
            receipt = await page.inner_text("#receipt-number")
            await page.goto(page.url.replace("done", "print"))
            await hand.screen("S8")
            pdf = tmp_path / "sheet.pdf"
            await page.pdf(path=pdf, prefer_css_page_size=True)
        finally:
            await execute(stage.data, change, *before)
    _picture(pdf, language)
    told = run("pdfinfo", pdf)
    assert re.search(r"^Pages: +1$", told, re.M) and "(A4)" in told
    text = plain(run("pdftotext", "-layout", pdf, "-"))
    for value in (*names, *form.values(), receipt, long_name[:21], "＊" * 8, "利用者登録 受付票"):
        assert plain(value) in text, value
    assert stage.sample["number"] not in text


@pytest.mark.parametrize("long", [0, 5])
async def test_usual_values_are_easily_read(stage: Stage, tmp_path: Path, long: int) -> None:
    """The letters shrink only where they must: as many long values as fit leave them as they are."""
    await stage.new_card()
    names = ("contact_name", "contact_person", "unit_name", "unit_person", "department")
    async with at(stage) as hand:
        await hand.confirm(**{name: KANJI[:32] + KANJI[:28] for name in names[:long]})
        await hand.page.click("#register")
        await hand.screen("S7")
        await hand.page.goto(hand.page.url.replace("done", "print"))
        pdf = tmp_path / "sheet.pdf"
        await hand.page.pdf(path=pdf, prefer_css_page_size=True)
    _picture(pdf, f"usual-{long}")
    assert "Pages:           1\n" in run("pdfinfo", pdf)
    boxes = re.findall(r'yMin="([\d.]+)".*?yMax="([\d.]+)"', run("pdftotext", "-bbox", pdf, "-"))
    heights = sorted(float(low) - float(high) for high, low in boxes)
    assert heights[len(heights) // 2] >= 9
