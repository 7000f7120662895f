"""Nothing that was typed is lost: session's end, failed signature, back, double click, reload, no server."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import Route, expect

from tests.portal.browser.stage import Hand, Stage, at
from tests.portal.clerk import FORM
from tests.portal.companies import rows

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


def events(stage: Stage) -> int:
    ((count,),) = rows(stage.data, "SELECT count(*) FROM event WHERE kind = 'registered'")
    return int(count)


def drafts(stage: Stage) -> list[dict[str, str]]:
    return [json.loads(values) for (values,) in rows(stage.data, 'SELECT "values" FROM draft')]


async def kept(stage: Stage, text: str) -> None:
    """Wait until a draft holds this: a page that was left sends its own without waiting for the answer."""
    while True:
        if any(text in values.values() for values in drafts(stage)):
            return
        await asyncio.sleep(0.05)


async def typed(hand: Hand) -> None:
    """S5, filled in and kept, not sent."""
    await hand.form()
    await hand.fill(contact_name="総務部　入力途中")
    async with hand.page.expect_response("**/api/draft"):
        await hand.page.dispatch_event("#contact_name", "input")


async def test_session_ends_and_the_same_card_returns(hand: Hand) -> None:
    await typed(hand)
    before = await hand.values()
    hand.stage.clock.pass_s(601)
    await hand.page.fill("#contact_address", "あとから")
    await hand.page.click("#confirm")
    assert "残っています" in await hand.guidance("sessionExpired")
    sent: list[str] = []
    hand.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    await hand.search()
    assert await hand.page.input_value("#name") == hand.stage.sample["name"]
    assert await hand.page.input_value("#number") == ""
    await hand.find()
    await hand.page.wait_for_selector("#restored")
    assert await hand.values() == before
    told = [each for each in sent if "/api/draft" in each]
    assert told and hand.stage.sample["number"] not in str(told)


async def test_what_was_typed_before_the_scripts_were_there(hand: Hand) -> None:
    may_load = asyncio.Event()

    async def hold(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await hand.page.route("**/form.js", hold)
    await hand.search()
    await hand.find()
    await hand.page.wait_for_selector('body[data-screen="S5"]')
    await hand.page.fill("#contact_name", "早く打った担当者")
    may_load.set()
    await kept(hand.stage, "早く打った担当者")


async def test_another_card_sees_nothing_of_it(hand: Hand) -> None:
    """A shared computer, the next clerk with a card of the same company and the same browser."""
    await typed(hand)
    await hand.stage.new_card(holder="見本　花子")
    await hand.search()
    assert await hand.page.input_value("#name") == ""
    await hand.find()
    await hand.screen("S5")
    assert set((await hand.values()).values()) == {""} and await hand.page.is_hidden("#restored")
    storage = await hand.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "入力途中" not in storage and hand.stage.sample["number"] not in storage


async def test_start_afresh(hand: Hand) -> None:
    await typed(hand)
    await hand.page.reload()
    await hand.page.click("#restart")
    await hand.page.wait_for_selector("#restored", state="detached")
    assert set((await hand.values()).values()) == {""}


async def test_failed_signature_and_a_new_session(hand: Hand) -> None:
    """S6 stays as it is; even after the session's end the form is there."""
    page = hand.page
    await hand.confirm()
    hand.stage.daemon.errors["sign.documents"] = (-32042, "driverTimeout", {"driver": "x"})
    await page.click("#register")
    await hand.guidance("driverTimeout")
    assert await page.inner_text('[data-field="contact_name"]') == FORM["contact_name"]
    hand.stage.clock.pass_s(601)
    await page.click("#register")
    await hand.guidance("sessionExpired")
    await hand.form()
    assert await hand.values() == FORM
    await page.click("#confirm")
    await hand.screen("S6")


async def test_back_and_forth(hand: Hand) -> None:
    page = hand.page
    await hand.confirm()
    await page.go_back()
    await hand.screen("S5")
    assert await hand.values() == FORM
    await page.fill("#department", "別の部署")
    await page.go_back()
    await hand.screen("S4")
    await kept(hand.stage, "別の部署")
    await page.go_forward()
    await hand.screen("S5")
    await expect(page.locator("#department")).to_have_value("別の部署")
    await page.click("#back")
    await hand.screen("S4")


async def test_reloading_an_answer_sends_nothing_again(hand: Hand) -> None:
    """Otherwise a reload would count as another wrong search."""
    page = hand.page
    await hand.search()
    await page.fill("#number", "00000000")
    await page.fill("#name", "違う会社")
    await page.click("#search")
    await page.wait_for_selector("#guidance:focus")  # the page's script is there
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await page.reload()
    await page.wait_for_selector("#number")
    assert sent == [] and await page.input_value("#name") == "違う会社"


async def test_double_click_registers_once(hand: Hand) -> None:
    page, daemon = hand.page, hand.stage.daemon
    await hand.confirm()
    before = events(hand.stage)
    # Both clicks at once: under a real pointer the button may have moved before the second.
    await page.wait_for_selector("#register:enabled")
    pressed_twice = """() => {
      const button = document.getElementById("register");
      button.click();
      button.click();
      return button.disabled;
    }"""
    assert await page.evaluate(pressed_twice)
    await hand.screen("S7")
    assert events(hand.stage) == before + 1
    assert [method for method, _ in daemon.asked].count("sign.documents") == 1


async def test_double_click_searches_once(hand: Hand) -> None:
    page = hand.page
    await hand.search()
    await page.fill("#number", "00000000")
    await page.fill("#name", "違う会社")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await page.dblclick("#search")
    await hand.guidance("lookupFailed")
    assert len([url for url in sent if url.endswith("/search")]) == 1


async def test_two_tabs_register_once(hand: Hand) -> None:
    """The same S6 in two tabs: one registration, and both end at its receipt."""
    page = hand.page
    await hand.confirm()
    other = await page.context.new_page()
    await other.goto(page.url)
    before = events(hand.stage)
    await asyncio.gather(page.click("#register"), other.click("#register"))
    receipts = set()
    for tab in (page, other):
        await tab.wait_for_selector('body[data-screen="S7"], #guidance:not([hidden])')
        assert await tab.get_attribute("body", "data-screen") == "S7", await tab.inner_text("main")
        receipts.add(await tab.inner_text("#receipt-number"))
    assert len(receipts) == 1 and events(hand.stage) == before + 1


async def test_offline(hand: Hand) -> None:
    """Without a network the page stays, with everything on it; then it goes on."""
    page = hand.page
    await hand.form()
    await hand.fill()
    await page.context.set_offline(True)
    await page.click("#confirm")
    assert "残っています" in await hand.guidance("serverUnreachable")
    assert await hand.values() == FORM
    await page.context.set_offline(False)
    await page.click("#retry")
    await hand.screen("S6")


async def test_server_fails(hand: Hand) -> None:
    """An answer 500: on S5 the page stays; on S6 the same signature is sent again."""
    page, daemon = hand.page, hand.stage.daemon
    await hand.form()
    await hand.fill()
    await page.route("**/api/draft", lambda route: route.fulfill(status=500, body=""))
    await page.click("#confirm")
    await hand.guidance("serverFailed")
    assert await hand.values() == FORM
    await page.unroute("**/api/draft")
    await page.click("#retry")
    await hand.screen("S6")
    await page.route("**/api/complete", lambda route: route.fulfill(status=500, body=""))
    await page.click("#register")
    await hand.guidance("serverFailed")
    await page.unroute("**/api/complete")
    await page.click("#retry")
    await hand.screen("S7")
    assert [method for method, _ in daemon.asked].count("sign.documents") == 1


async def test_draft_ends_with_the_registration(hand: Hand) -> None:
    page = hand.page
    await hand.confirm(department="このテストだけの部署")
    await kept(hand.stage, "このテストだけの部署")
    await page.click("#register")
    await hand.screen("S7")
    assert "このテストだけの部署" not in str(drafts(hand.stage))


async def test_two_people_at_one_portal(hand: Hand) -> None:
    """Drafts of two cards at the same time do not mix."""
    await hand.form()
    await hand.fill(contact_name="一人目")
    async with hand.page.expect_response("**/api/draft"):
        await hand.page.dispatch_event("#contact_name", "input")
    await hand.stage.new_card(holder="見本　花子")
    async with at(hand.stage) as second:
        await second.form()
        assert await second.page.input_value("#contact_name") == ""
