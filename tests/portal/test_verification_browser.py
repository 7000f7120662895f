"""What a person sees on S3 with a revoked card: guidance of its own; and of a reason without one."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Page

from cardbridge_portal.authority import revoke
from cardbridge_portal.verification.errors import RevocationUnknown
from tests.portal.fake_daemon import FakeDaemon, serve_fake
from tests.portal.signing import load
from tests.portal.test_browser import daemon, guidance, menu, page, pytestmark, screen

__all__ = ["daemon", "page", "pytestmark"]


async def until_pin(page: Page) -> None:
    await page.click("#retry")
    await menu(page)
    await page.click("#register")
    await screen(page, "S3")


async def test_revoked_card(page: Page, daemon: FakeDaemon, data: Path) -> None:  # noqa: F811
    revoke(data, load(daemon.card, "authentication")[1], datetime.now(UTC))
    await guidance(page, "notRunning")
    async with serve_fake(daemon):
        await until_pin(page)
        await guidance(page, "certificateRevoked")
        shown = await page.inner_text("#guidance")
        assert "失効" in shown and "認証局に連絡" in shown and await page.is_visible("#retry")


async def test_reason_without_guidance_of_its_own(page: Page, daemon: FakeDaemon, data: Path) -> None:  # noqa: F811
    """The portal's own sentence is shown instead of a shrug."""
    (data / "authority" / "issued").write_text("1\n")
    await guidance(page, "notRunning")
    async with serve_fake(daemon):
        await until_pin(page)
        await guidance(page, "revocationUnknown")
        assert RevocationUnknown.japanese in await page.inner_text("#guidance")
