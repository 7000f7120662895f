"""S0 to S8 in Chromium, with the real JavaScript client and a FAKE daemon (fake_daemon.py)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, async_playwright

from cardbridge_demo.ports import free_port
from cardbridge_portal.app import create_app
from cardbridge_portal.settings import CLIENT, Settings
from tests.portal.clerk import FORM, read_samples
from tests.portal.fake_daemon import FakeDaemon, serve_fake

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium"),
    pytest.mark.skipif(not (CLIENT / "cardbridge.js").exists(), reason="no client"),
]


@pytest.fixture
def daemon(data: Path) -> FakeDaemon:
    return FakeDaemon(card=Path(read_samples(data)[0]["card"]))


@pytest_asyncio.fixture
async def page(data: Path, daemon: FakeDaemon) -> AsyncIterator[Page]:
    """S1's page, its portal told of one daemon port, on which nothing listens yet."""
    port, daemon.port = free_port(), free_port()
    origin = f"http://localhost:{port}"
    settings = Settings(data=data, origin=origin, bridge_ports=(daemon.port,), client=CLIENT)
    runner = web.AppRunner(create_app(settings), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "localhost", port).start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(locale="ja-JP")
        await context.grant_permissions(["local-network-access"], origin=origin)
        opened = await context.new_page()
        opened.set_default_timeout(60_000)
        await opened.goto(origin)
        await opened.fill("#filter", "カゴシマシ")
        await opened.click('[data-code="462012"]')
        yield opened
        await browser.close()
    await runner.cleanup()


async def screen(page: Page, name: str) -> None:
    await page.wait_for_selector(f'body[data-screen="{name}"]')


async def guidance(page: Page, reason: str) -> None:
    await page.wait_for_selector(f'#guidance[data-reason="{reason}"]:not([hidden])')


async def menu(page: Page) -> None:
    """S1, once the daemon serves, and S2."""
    await page.wait_for_selector('#readers [data-state="present"]')
    await page.click("#register:enabled")
    await screen(page, "S2")


async def test_whole_way(page: Page, daemon: FakeDaemon, data: Path) -> None:
    sample = read_samples(data)[0]
    await guidance(page, "notRunning")
    assert await page.is_disabled("#register")
    async with serve_fake(daemon):
        await page.click("#retry")
        await page.wait_for_selector('#clock[data-ready="true"]')
        await menu(page)
        daemon.hang.add("auth.getToken")
        await page.click("#register")
        await page.wait_for_selector("#status:has-text('ICカードブリッジの画面')")
        await page.click("#cancel")
        await guidance(page, "userCancelled")
        daemon.hang.clear()
        daemon.errors["auth.getToken"] = (-32020, "pinIncorrect", {"triesLeft": 2, "pinState": "countLow"})
        await page.click("#retry")
        await guidance(page, "pinIncorrect")
        assert "残り2回" in await page.inner_text("#guidance")
        await page.click("#retry")
        await page.click("#confirm-holder")
        await page.fill("#number", sample["number"])
        await page.fill("#name", sample["name"])
        await page.click("#search")
        await fill(page)
        await screen(page, "S6")
        daemon.errors["sign.documents"] = (-32011, "noCard", {})
        await page.click("#register")
        await guidance(page, "noCard")
        await page.click("#retry")
        await screen(page, "S7")
        assert sample["number"] not in daemon.documents[-1].decode()
        await printed(page)


async def fill(page: Page) -> None:
    """S5: typed once, copied by 代表窓口情報と同じ."""
    await screen(page, "S5")
    for name, value in FORM.items():
        if not name.startswith("unit_"):
            await page.fill(f"#{name}", value)
    await page.click("#copy-contact")
    await page.click("#confirm")


async def printed(page: Page) -> None:
    """S8 opens in a window of its own, and closes."""
    receipt = await page.inner_text("#receipt-number")
    async with page.context.expect_page() as opening:
        await page.click("#print")
    sheet = await opening.value
    await screen(sheet, "S8")
    assert receipt in await sheet.inner_text("#sheet")
    async with sheet.expect_event("close"):
        await sheet.click("#close")


async def test_daemon_ends_and_comes_back(page: Page, daemon: FakeDaemon) -> None:
    """S1 goes on by itself when the daemon is there again."""
    await guidance(page, "notRunning")
    async with serve_fake(daemon):
        await page.click("#retry")
        await page.wait_for_selector('#clock[data-ready="true"]')
        await daemon.drop()
        await guidance(page, "connectionLost")
        assert await page.is_disabled("#register")
        await page.wait_for_selector('#clock[data-ready="true"]')
        assert await page.is_hidden("#guidance")


async def test_site_not_permitted(page: Page, daemon: FakeDaemon) -> None:
    daemon.refuse_site = True
    async with serve_fake(daemon):
        await page.reload()
        await guidance(page, "siteNotPermitted")


async def test_blocked_popup_prints_in_the_same_tab(page: Page) -> None:
    await page.evaluate("window.open = () => null")
    await page.evaluate("document.body.innerHTML = '<button id=print>印刷</button>'")
    await page.evaluate("import('/static/done.js')")
    await page.click("#print")
    await page.wait_for_url("**/m/462012/menu")  # where print leads without a registration
