"""Every screen and every state of it, in both languages: axe-core finds nothing, and nothing is cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.portal.browser.inspector import AXE, Inspector
from tests.portal.browser.stage import Hand, Stage, at

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not AXE.exists(), reason="no axe-core: installer/bootstrap.sh --with-node"),
]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.slow)])
async def test_no_barriers(stage: Stage, language: str) -> None:
    await stage.new_card()
    async with at(stage, language, viewport={"width": 1024, "height": 600}, reduced_motion="reduce") as hand:
        inspector = Inspector(hand.page, language)
        await _before_the_card(hand, inspector)
        await _search(hand, inspector)
        await _form(hand, inspector)
        await _signed(hand, inspector)
        await _procedures(hand, inspector)
        await _guidance_page(hand, inspector)
        await _errors(hand, inspector)


async def _before_the_card(hand: Hand, inspector: Inspector) -> None:
    page, stage = hand.page, hand.stage
    await page.goto(stage.origin)
    await inspector.look("S0")
    await page.fill("#filter", "xyz")
    await inspector.look("S0-nothing")
    await hand.entrance()
    await inspector.look("S1")
    await page.click("#register")
    await hand.screen("S2")
    await inspector.look("S2")
    stage.daemon.hang.add("auth.getToken")
    await page.click("#register")
    await hand.screen("S3")
    await inspector.look("S3")
    await page.click("#cancel")
    await hand.guidance("userCancelled")
    await inspector.look("S3-cancelled")
    stage.daemon.hang.clear()
    stage.daemon.errors["auth.getToken"] = (-32020, "pinIncorrect", {"triesLeft": 2, "pinState": "countLow"})
    await page.click("#retry")
    await hand.guidance("pinIncorrect")
    await inspector.look("S3-wrong-pin")
    await page.click("#retry")
    await hand.screen("S4")


async def _search(hand: Hand, inspector: Inspector) -> None:
    page, sample = hand.page, hand.stage.sample
    await inspector.look("S4-holder")
    await page.click("#confirm-holder")
    await page.wait_for_selector("#number")
    await inspector.look("S4")
    await page.fill("#number", "１２３")
    await inspector.look("S4-typing")
    await page.click("#search")
    await page.wait_for_selector("#errors")
    await inspector.look("S4-errors")
    await page.fill("#number", sample["number"])
    await page.fill("#name", "違う会社")
    await page.click("#search")
    await hand.guidance("lookupFailed")
    await inspector.look("S4-not-found")
    await hand.find()
    await hand.screen("S5")


async def _form(hand: Hand, inspector: Inspector) -> None:
    page = hand.page
    await inspector.look("S5")
    await page.fill("#contact_postal", "８９００００１")
    await page.fill("#contact_phone", "09012345678")
    await page.fill("#contact_name", "あ" * 61)
    await inspector.look("S5-typing")
    async with page.expect_response("**/api/draft"):
        await page.dispatch_event("#contact_name", "input")
    await page.reload()
    await page.wait_for_selector("#restored")
    await inspector.look("S5-restored")
    await page.click("#confirm")
    await page.wait_for_selector("#errors")
    await inspector.look("S5-errors")
    await hand.fill()
    await page.click("#confirm")
    await hand.screen("S6")


async def _signed(hand: Hand, inspector: Inspector) -> None:
    page, daemon = hand.page, hand.stage.daemon
    await inspector.look("S6")
    daemon.errors["sign.documents"] = (-32011, "noCard", {})
    await page.click("#register")
    await hand.guidance("noCard")
    await inspector.look("S6-no-card")
    await page.click("#retry")
    await hand.screen("S7")
    await inspector.look("S7")
    await page.goto(page.url.replace("done", "print"))
    await hand.screen("S8")
    await inspector.look("S8")
    await page.goto(page.url.replace("print", "search"))
    await hand.guidance("cardAlreadyRegistered")
    await inspector.look("S4-registered")


async def _procedures(hand: Hand, inspector: Inspector) -> None:
    """S9 to S11 and マイページ, of the card that is registered now; S10 ends before its signature."""
    page, stage = hand.page, hand.stage
    base = f"{stage.origin}/m/{stage.sample['municipality']}/"
    stage.daemon.hang.add("auth.getToken")
    for address, screen in (("change", "S9"), ("renew", "S10"), ("login", "S11")):
        await page.goto(base + address)
        await hand.screen(screen)
        await page.wait_for_selector("#status:has-text('ICカードブリッジ'), #status:has-text('IC Card')")
        await inspector.look(screen)
    stage.daemon.hang.clear()
    await page.goto(base + "login")
    await hand.screen("mypage")
    await inspector.look("mypage")
    await page.goto(base + "change")
    await hand.screen("S5")
    await page.click("#confirm")
    await hand.guidance("nothingChanged")
    await inspector.look("S5-nothing-changed")
    await page.goto(base + "renew")
    await page.wait_for_selector('#swap[data-state="remove"]')
    await inspector.look("S10-new")
    reader = stage.daemon.readers[0]
    await stage.new_card()
    await stage.daemon.plug({**reader, "state": "empty"})
    await stage.daemon.plug(reader)
    await page.wait_for_selector("#pair")
    await inspector.look("S10-confirm")
    await page.click("#abort")
    await hand.screen("S2")


async def _guidance_page(hand: Hand, inspector: Inspector) -> None:
    page, stage = hand.page, hand.stage
    for address in ("prepare", f"m/{stage.sample['municipality']}/prepare"):
        await page.goto(f"{stage.origin}/{address}")
        await page.wait_for_selector('#check-card[data-state="ok"]')
        await page.click("#check-portal:enabled")
        await page.wait_for_selector('#check-registration[data-state="missing"]')
    await inspector.look("prepare-not-registered")
    await stage.daemon.plug({"name": "見本ICカードリーダ", "state": "mute"})
    await page.wait_for_selector('#check-card[data-state="missing"]')
    await inspector.look("prepare-mute")
    await stage.daemon_goes()
    await page.reload()
    await page.wait_for_selector('#check-daemon[data-state="missing"]')
    await inspector.look("prepare-absent")
    await page.goto(f"{stage.origin}/m/{stage.sample['municipality']}/")
    await hand.guidance("notRunning")
    await inspector.look("S1-not-running")
    await stage.daemon_comes()


async def _errors(hand: Hand, inspector: Inspector) -> None:
    page, stage = hand.page, hand.stage
    await page.goto(f"{stage.origin}/m/999999/nowhere")
    await inspector.look("not-found")
    await hand.menu()
    await page.evaluate("document.getElementById('idle').showModal()")
    await inspector.look("idle")
    stage.clock.pass_s(601)
    await page.goto(page.url)
    await hand.guidance("sessionExpired")
    await inspector.look("expired")


async def test_expired_card_in_the_guidance(stage: Stage) -> None:
    """The row of the expiry says so, with the remedy."""
    now = datetime.now(UTC)
    await stage.new_card(not_before=now - timedelta(days=40), not_after=now - timedelta(days=1))
    async with at(stage) as hand:
        await hand.page.goto(f"{stage.origin}/prepare")
        await hand.page.click("#check-portal:enabled")
        await hand.page.wait_for_selector('#check-expiry[data-state="missing"]')
        assert "更新したICカード" in await hand.page.inner_text("#check-expiry .todo")
