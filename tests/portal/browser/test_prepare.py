"""「ICカードの準備」 tells, live, what is missing, and asks nothing about card or person without a button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page

from cardbridge_portal.authority import revoke
from tests.portal.browser.stage import Hand, Stage, at
from tests.portal.signing import load

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

READER = {"name": "見本ICカードリーダ", "state": "empty"}
FILLED = {"name": "見本ICカードリーダ", "state": "present"}


async def states(page: Page) -> dict[str, str]:
    found: dict[str, str] = await page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#checks li')].map((row) => "
        "[row.dataset.check, row.dataset.state]))"
    )
    return found


async def becomes(page: Page, check: str, state: str) -> str:
    """The row's text, once it is in this state."""
    await page.wait_for_selector(f'#check-{check}[data-state="{state}"]')
    return await page.inner_text(f"#check-{check}")


async def prepare(hand: Hand) -> Page:
    await hand.page.goto(f"{hand.stage.origin}/m/{hand.stage.sample['municipality']}/prepare")
    return hand.page


async def test_live_and_nothing_before_consent(hand: Hand) -> None:
    daemon = hand.stage.daemon
    daemon.readers = []
    page = await prepare(hand)
    await becomes(page, "daemon", "ok")
    assert "差し込んで" in await becomes(page, "reader", "missing")
    assert "ICカードリーダ" in await page.inner_text("#summary")
    await daemon.plug(READER)
    await becomes(page, "reader", "ok")
    await becomes(page, "card", "missing")
    await daemon.plug(FILLED)
    await becomes(page, "card", "ok")
    assert {method for method, _ in daemon.asked} <= {"readers.watch", "bridge.info"}
    found = await states(page)
    assert [name for name, state in found.items() if state == "unknown"] == [
        "driver",
        "certificate",
        "expiry",
        "registration",
    ]
    await page.click("#check-holder")
    await becomes(page, "certificate", "ok")
    assert (await states(page))["registration"] == "unknown"
    await page.click("#check-portal")
    assert "利用者登録" in await becomes(page, "registration", "missing")
    await daemon.plug(READER)
    await becomes(page, "certificate", "unknown")  # another card may come
    await becomes(page, "registration", "unknown")


async def test_registered_card_and_no_login(hand: Hand) -> None:
    """Registered here is told; the check leaves the procedure in another tab as it is."""
    await hand.confirm()
    other = await hand.page.context.new_page()
    await other.goto(hand.page.url.replace("confirm", "prepare"))
    await other.click("#check-portal:enabled")
    await becomes(other, "registration", "missing")
    await hand.page.click("#register")
    await hand.screen("S7")
    await other.click("#check-portal:enabled")
    await becomes(other, "registration", "ok")
    assert (await states(other))["expiry"] == "ok"
    assert await other.inner_text("#summary") == "すべて整っています。"
    await other.goto(f"{hand.stage.origin}/m/462039/prepare")
    await other.click("#check-portal:enabled")
    assert "別の自治体" in await becomes(other, "registration", "missing")


@pytest.mark.parametrize(
    ("error", "row"),
    [
        ((-32040, "driverNotFound", {"driver": "x"}), "driver"),
        ((-32030, "noCertificate", {}), "certificate"),
        ((-32031, "certificateExpired", {"notAfter": "2020-01-01T00:00:00Z"}), "expiry"),
        ((-32021, "pinLocked", {}), "card"),
    ],
)
async def test_failures_stand_at_their_row(
    hand: Hand, error: tuple[int, str, dict[str, str]], row: str
) -> None:
    page = await prepare(hand)
    hand.stage.daemon.errors["certificates.choose"] = error
    await page.click("#check-holder:enabled")
    await becomes(page, row, "missing")
    assert await page.inner_text(f"#check-{row} .todo")
    assert await page.is_hidden("#guidance")


async def test_revoked_and_soon_to_expire(stage: Stage) -> None:
    now = datetime.now(UTC)
    await stage.new_card(not_before=now - timedelta(days=300), not_after=now + timedelta(days=20, hours=1))
    async with at(stage) as hand:
        page = await prepare(hand)
        await page.click("#check-portal:enabled")
        assert "あと20日" in await becomes(page, "expiry", "ok")
        revoke(stage.data, load(stage.daemon.card, "authentication")[1], now)
        await page.click("#check-portal:enabled")
        assert "失効" in await becomes(page, "certificate", "missing")


async def test_without_the_daemon(hand: Hand) -> None:
    """The remedy starts it; who comes back finds it found. A daemon that refuses the site is told from it."""
    stage = hand.stage
    await stage.daemon_goes()
    try:
        page = await prepare(hand)
        await becomes(page, "daemon", "missing")
        assert await page.get_attribute("#start a", "href") == "cardbridge://start"
        assert await page.is_disabled("#check-holder")
    finally:
        await stage.daemon_comes()
    await page.evaluate("window.dispatchEvent(new Event('focus'))")
    await becomes(page, "daemon", "ok")
    stage.daemon.refuse_site = True
    try:
        await page.click("#again")
        await becomes(page, "site", "missing")
        assert (await states(page))["daemon"] == "ok"
    finally:
        stage.daemon.refuse_site = False


async def test_every_error_leads_here(hand: Hand) -> None:
    """In a new tab, so that the page with the error stays."""
    page = hand.page
    await hand.menu()
    hand.stage.daemon.errors["auth.getToken"] = (-32010, "noReader", {})
    await page.click("#register")
    await hand.guidance("noReader")
    async with page.context.expect_page() as opening:
        await page.click("#guidance a.prepare")
    opened = await opening.value
    await opened.wait_for_selector('body[data-screen="prepare"]')
    assert opened.url.endswith("/m/462012/prepare")
    assert await opened.evaluate("window.opener") is None
