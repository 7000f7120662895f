"""The authority's side in Chromium with an official's card at a FAKE daemon: every screen, by its buttons.

What the screens show and refuse over HTTP is in tests/portal/authority; with a real card it is
tests/e2e/test_authority.py.
"""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Error, Page, expect

from tests.portal.authority.lists import company, csv_of
from tests.portal.browser.inspector import AXE, Inspector
from tests.portal.browser.stage import Stage, at
from tests.portal.clerk import read_samples
from tests.portal.companies import execute

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(not AXE.exists(), reason="no axe-core: installer/bootstrap.sh --with-node"),
]
SMALL = {"width": 1024, "height": 600}


def official_card(stage: Stage) -> Path:
    return next(Path(each["card"]) for each in read_samples(stage.data) if each.get("kind") == "official")


def content_of(path: Path) -> str:
    """A CSV file as Excel reads it; newlines as they are."""
    return path.read_bytes().decode("utf-8-sig")


async def screen(page: Page, name: str) -> None:
    await page.wait_for_selector(f'body[data-screen="{name}"]')


async def choose(page: Page, content: bytes, name: str = "名簿.csv") -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    await page.set_input_files("#file", file)  # type: ignore[arg-type]
    await page.click("#check")


@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.slow)])
async def test_every_screen_of_the_authority(stage: Stage, language: str) -> None:
    await stage.new_card(holder=f"発注　{language}")
    async with at(stage) as hand:
        await hand.confirm()
        await hand.page.click("#register:enabled")
        await hand.screen("S7")
    company_card = stage.daemon.card
    async with at(stage, language, viewport=SMALL, reduced_motion="reduce") as hand:
        inspector = Inspector(hand.page, language)
        hand.page.set_default_timeout(30_000)
        await _log_in(hand.page, stage, inspector, company_card)
        await _import(hand.page, stage, inspector, language)
        await _numbers(hand.page, inspector)
        await _companies(hand.page, inspector, language)
        await _cards(hand.page, inspector, f"発注　{language}")
        await _history(hand.page, inspector)
        await hand.page.click("#logout")
        await screen(hand.page, "A0")
        await hand.page.goto(f"{stage.origin}/authority/companies")
        await hand.page.wait_for_selector('[data-reason="sessionExpired"]')
        await inspector.look("A0-closed")


async def _log_in(page: Page, stage: Stage, inspector: Inspector, company_card: Path) -> None:
    await page.goto(f"{stage.origin}/authority/")
    await inspector.look("A0")
    stage.daemon.card = company_card
    await page.click("#login")
    await screen(page, "A1")
    await page.wait_for_selector('#guidance[data-reason="notAnOfficial"]:not([hidden])')
    await inspector.look("A1-refused")
    stage.daemon.card = official_card(stage)
    await page.click("#retry")
    await screen(page, "A2")
    assert await page.inner_text("#official") == "鹿児島　職子"


async def _import(page: Page, stage: Stage, inspector: Inspector, language: str) -> None:
    await page.click("#desk a[href$=import]")
    await inspector.look("A9")
    await choose(page, b"PK\x03\x04", "book.xlsx")
    await page.wait_for_selector("#errors")
    await inspector.look("A9-refused")
    rows = [company(index, 商号又は名称=f"株式会社{language}{index}号") for index in range(60)]
    await choose(page, csv_of(*rows, company(99, 代表者="髙橋")))
    await page.wait_for_selector("#findings")
    assert await page.inner_text("#refused") in {"1行", "1"}
    async with page.expect_download() as download:
        await page.click("#report")
    assert "U+9AD9" in content_of(await (await download.value).path())
    await inspector.look("A9-errors")
    await page.click("#again")
    await choose(page, csv_of(*rows))
    await page.wait_for_selector("#import")
    await inspector.look("A9-checked")
    await page.dblclick("#import")
    await page.wait_for_selector("#stored")
    await inspector.look("A9-imported")


async def _numbers(page: Page, inspector: Inspector) -> None:
    await page.click("#numbers")
    await inspector.look("A9-numbers")
    await page.click("#do")
    await page.wait_for_selector("#save:not([hidden])")
    await inspector.look("A9-numbers-issued")
    async with page.expect_download() as download:
        await page.click("#save")
    saved = content_of(await (await download.value).path())
    assert saved.count("\r\n") == 61
    number = saved.splitlines()[1].rsplit(",", 1)[1]
    assert re.fullmatch("[1-9][0-9]{7}", number)
    await page.reload()
    await page.wait_for_selector("#errors")
    assert number not in await page.content()


async def _companies(page: Page, inspector: Inspector, language: str) -> None:
    await page.click("#desk a[href$=companies]")
    await page.fill("#q", f"株式会社{language}")
    await page.click("#find")
    await page.wait_for_selector("#next")
    assert await page.locator("#companies tbody tr").count() == 50
    await inspector.look("A2")
    await page.click("#next")
    await page.wait_for_selector("#first")
    assert await page.locator("#companies tbody tr").count() == 10
    await page.click("#companies tbody a")
    await screen(page, "A3")
    await page.click("#release")
    await page.fill("#reference", "1234-5678-9012")
    await page.click("#do")
    await page.wait_for_selector("#reference-error")
    await inspector.look("A4-release")
    await page.click("#back")
    await page.click("#suspend")
    await page.fill("#remark", "①")
    await page.click("#do")
    await page.wait_for_selector("#remark-error")
    await inspector.look("A4")
    await page.fill("#remark", "指名停止")
    await page.click("#do")
    await page.wait_for_selector("#resume")
    await _new_number(page, inspector)


async def _new_number(page: Page, inspector: Inspector) -> None:
    await page.click("#number")
    await screen(page, "A5")
    await inspector.look("A5")
    await page.click("#do")
    number = await page.inner_text("#issued-number")
    assert re.fullmatch("[1-9][0-9]{7}", number) and number not in page.url + await page.title()
    await inspector.look("A5-issued")
    await page.emulate_media(media="print")
    assert not await page.is_visible("#issued-number")
    await page.emulate_media(media="screen")
    origin = page.url.split("/authority/")[0]
    await page.click("#back")
    await screen(page, "A3")
    with suppress(Error):  # ERR_CACHE_MISS: the browser has kept nothing either
        await page.go_back()
    await expect(page.get_by_text(number)).to_have_count(0)
    await page.goto(f"{origin}/authority/companies")


async def _cards(page: Page, inspector: Inspector, holder: str) -> None:
    await page.click("#desk a[href$=cards]")
    await page.fill("#q", holder)
    await page.click("#find")
    await page.wait_for_selector(f"#cards a:has-text('{holder}')")
    await inspector.look("A6")
    await page.click(f"#cards a:has-text('{holder}')")
    await screen(page, "A7")
    await page.click("#revoke")
    await page.click("#do")
    await page.wait_for_selector("#reason-error")
    await inspector.look("A7-revoke")
    await page.check('[name="reason"][value="lost"]')
    await page.dblclick("#do")
    await page.wait_for_selector("h1 .state.bad")
    await inspector.look("A7")


async def _history(page: Page, inspector: Inspector) -> None:
    await page.click("#desk a[href$=history]")
    await inspector.look("A8")
    await page.click('#events tr[data-kind="revoked"] td a[href*="/companies/"]')
    await screen(page, "A3")
    await inspector.look("A3")
    await page.click('#events tr[data-kind="registered"] a')
    await page.click("#verify")
    await page.wait_for_selector("#verified")
    await inspector.look("A8-verified")
    async with page.expect_download() as download:
        await page.click("#download-signature")
    assert (await download.value).suggested_filename.endswith(".txt.p7s")


async def test_old_check_of_the_card_leads_back_to_the_same_page(stage: Stage) -> None:
    await stage.new_card()
    stage.daemon.card = official_card(stage)
    async with at(stage) as hand:
        page = hand.page
        await page.goto(f"{stage.origin}/authority/")
        await page.click("#login")
        await screen(page, "A2")
        await execute(stage.data, "UPDATE official_login SET authenticated = '2020-01-01 00:00:00'")
        await page.goto(f"{stage.origin}/authority/companies/1/suspend")
        await screen(page, "A4")  # by way of A1, which asks for the card by itself
        assert sum(method == "auth.getToken" for method, _ in stage.daemon.asked) == 2
