"""One portal, one browser and one FAKE daemon (fake_daemon.py) for all tests of this folder.

A test gets a fresh browser context and a fresh card, so that each registers anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright, expect

from cardbridge_demo.ports import free_port
from cardbridge_portal.app import create_app
from cardbridge_portal.authority import issue_card
from cardbridge_portal.settings import CLIENT, Settings
from tests.portal.clerk import FORM, Clock, read_samples
from tests.portal.companies import execute
from tests.portal.fake_daemon import READERS, FakeDaemon, serve_fake

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
expect.set_options(timeout=60_000)


@dataclass(kw_only=True)
class Stage:
    """What runs; `clock` is the portal's."""

    origin: str
    data: Path
    browser: Browser
    clock: Clock
    daemon: FakeDaemon
    _serving: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def sample(self) -> dict[str, str]:
        """The first sample company."""
        return read_samples(self.data)[0]

    async def new_card(self, holder: str = "見本　太郎", company: str | None = None, **values: Any) -> None:
        """Put another card into the daemon's reader, and forget what the last test left behind."""
        await execute(self.data, "DELETE FROM lookup_attempts")
        card = issue_card(self.data, company or self.sample["name"], holder, curve=True, **values)
        self.daemon.card = card.directory
        self.daemon.readers = list(READERS)
        self.daemon.errors.clear()
        self.daemon.hang.clear()
        self.daemon.asked.clear()
        self.daemon.documents.clear()

    async def daemon_comes(self) -> None:
        await self._serving.enter_async_context(serve_fake(self.daemon))

    async def daemon_goes(self) -> None:
        await self._serving.aclose()


@dataclass(kw_only=True)
class Hand:
    """A clerk at one page."""

    page: Page
    stage: Stage

    async def screen(self, name: str) -> None:
        """The screen is there, its scripts have run."""
        await self.page.wait_for_selector(f'body[data-screen="{name}"]')
        await self.page.wait_for_load_state()

    async def guidance(self, reason: str) -> str:
        await self.page.wait_for_selector(f'#guidance[data-reason="{reason}"]:not([hidden])')
        return await self.page.inner_text("#guidance")

    async def entrance(self) -> None:
        """S0 to S1, ready."""
        await self.page.goto(f"{self.stage.origin}/m/{self.stage.sample['municipality']}/")
        await self.page.wait_for_selector('#clock[data-ready="true"]')

    async def menu(self) -> None:
        await self.entrance()
        await self.page.click("#register:enabled")
        await self.screen("S2")

    async def holder(self) -> None:
        """S4, the holder shown."""
        await self.menu()
        await self.page.click("#register")
        await self.screen("S4")

    async def search(self) -> None:
        """S4, ready for the number."""
        await self.holder()
        await self.page.click("#confirm-holder")
        await self.page.wait_for_selector("#number")
        await self.page.wait_for_load_state()

    async def find(self) -> None:
        await self.page.fill("#number", self.stage.sample["number"])
        await self.page.fill("#name", self.stage.sample["name"])
        await self.page.click("#search")

    async def form(self) -> None:
        """S5, empty."""
        await self.search()
        await self.find()
        await self.screen("S5")

    async def fill(self, **values: str) -> None:
        for name, value in (FORM | values).items():
            await self.page.fill(f"#{name}", value)

    async def confirm(self, **values: str) -> None:
        """S6."""
        await self.form()
        await self.fill(**values)
        await self.page.click("#confirm")
        await self.screen("S6")

    async def values(self) -> dict[str, str]:
        """What stands in S5's fields."""
        return {name: await self.page.input_value(f"#{name}") for name in FORM}

    async def focused(self) -> str:
        """The id of the element that has the focus."""
        found: str = await self.page.evaluate("document.activeElement?.id ?? ''")
        return found


@asynccontextmanager
async def open_stage(data: Path) -> AsyncIterator[Stage]:
    port, daemon_port = free_port(), free_port()
    origin = f"http://localhost:{port}"
    clock = Clock()
    settings = Settings(
        data=data,
        origin=origin,
        bridge_ports=(daemon_port,),
        client=CLIENT,
        clock=clock,
    )
    async with AsyncExitStack() as running:
        runner = web.AppRunner(create_app(settings), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        running.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "localhost", port).start()
        playwright = await running.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        running.push_async_callback(browser.close)
        daemon = FakeDaemon(card=data, port=daemon_port)
        stage = Stage(origin=origin, data=data, browser=browser, clock=clock, daemon=daemon)
        await stage.daemon_comes()
        running.push_async_callback(stage.daemon_goes)
        yield stage


@asynccontextmanager
async def at(stage: Stage, language: str = "ja", **options: Any) -> AsyncIterator[Hand]:
    """A fresh browser context whose pages are in `language`."""
    context = await stage.browser.new_context(locale="ja-JP", **options)
    try:
        await context.grant_permissions(["local-network-access"], origin=stage.origin)
        if language != "ja":
            cookie = {"name": "cardbridge-language", "value": language, "url": stage.origin}
            await context.add_cookies([cookie])  # type: ignore[list-item]
        page = await context.new_page()
        page.set_default_timeout(60_000)
        yield Hand(page=page, stage=stage)
    finally:
        await context.close()
