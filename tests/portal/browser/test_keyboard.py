"""The whole registration with the keyboard alone: Tab, Enter, typing. And where the focus goes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.async_api import Error, Page

from tests.portal.browser.stage import Hand, at
from tests.portal.clerk import FORM

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SEEN = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {id: element.id, code: element.dataset.code ?? "",
          shown: style.outlineStyle !== "none" && box.width > 0,
          inView: box.top >= 0 && box.bottom <= innerHeight};
}"""


async def tab_to(page: Page, wanted: str, limit: int = 90) -> None:
    """Tab until the element of this id (or data-code) has the focus; each stop is visible and in view."""
    for _ in range(limit):
        await page.keyboard.press("Tab")
        found = await page.evaluate(SEEN)
        if found["id"] or found["code"]:
            assert found["shown"] and found["inView"], found
        if wanted in (found["id"], found["code"]):
            return
    raise AssertionError(f"{wanted} is not reached by Tab")


async def press(page: Page, wanted: str) -> None:
    await tab_to(page, wanted)
    await page.keyboard.press("Enter")


async def test_whole_registration(hand: Hand) -> None:
    page, sample = hand.page, hand.stage.sample
    await page.set_viewport_size({"width": 1024, "height": 600})
    await page.goto(hand.stage.origin)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # the first stop skips to the main part
    assert await hand.focused() == "main"
    await press(page, "462012")
    await page.wait_for_selector('#clock[data-ready="true"]')
    await press(page, "register")
    await hand.screen("S2")
    hand.stage.daemon.hang.add("auth.getToken")
    await press(page, "register")
    await hand.screen("S3")
    await page.wait_for_selector("#status:has-text('ICカードブリッジの画面')")
    await press(page, "cancel")
    await hand.guidance("userCancelled")
    assert await hand.focused() == "guidance"
    hand.stage.daemon.hang.clear()
    await press(page, "retry")
    await hand.screen("S4")
    await press(page, "confirm-holder")
    await page.wait_for_selector("#number")
    await tab_to(page, "number")
    await page.keyboard.type(sample["number"])
    await tab_to(page, "name")
    await page.keyboard.insert_text(sample["name"])
    await page.keyboard.press("Enter")
    await hand.screen("S5")
    await _form(hand)
    await hand.screen("S6")
    await press(page, "register")
    await hand.screen("S7")
    await tab_to(page, "print")
    async with page.context.expect_page() as opening:
        await page.keyboard.press("Enter")
    sheet = await opening.value
    await sheet.wait_for_selector('body[data-screen="S8"]')
    async with sheet.expect_event("close"):
        with suppress(Error):  # the page goes while the key is still down
            await press(sheet, "close")


async def _form(hand: Hand) -> None:
    """Fields in the order in which they stand; an error takes the focus, its link leads to the field."""
    page = hand.page
    typed = {name: value for name, value in FORM.items() if not name.startswith("unit_")}
    typed["contact_person"] = "髙橋"
    for name, value in typed.items():
        await tab_to(page, name)
        await page.keyboard.insert_text(value)
    await press(page, "copy-contact")
    await press(page, "confirm")
    await page.wait_for_selector("#errors:focus")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await hand.focused() == "contact_person"
    described = await page.get_attribute("#contact_person", "aria-describedby") or ""
    assert "contact_person-error" in described.split()
    for name in ("contact_person", "unit_person"):
        await page.focus(f"#{name}")
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text(FORM["contact_person"])
    await press(page, "confirm")


async def test_warning_before_the_end(hand: Hand) -> None:
    """At eight minutes the person is told; Enter goes on, and the focus returns."""
    page = hand.page
    await page.clock.install()
    await hand.form()
    await page.focus("#contact_name")
    await page.clock.fast_forward("07:50")
    assert await page.is_hidden("#idle")
    await page.clock.fast_forward("00:11")
    await page.wait_for_selector("#idle[open]")
    assert await hand.focused() == "continue"
    async with page.expect_response("**/api/continue") as answer:
        await page.keyboard.press("Enter")
    assert (await answer.value).status == 200
    assert await page.is_hidden("#idle") and await hand.focused() == "contact_name"
    await page.clock.fast_forward("08:01")
    await page.wait_for_selector("#idle[open]")
    async with page.expect_response("**/api/continue"):
        await page.keyboard.press("Escape")


async def test_what_another_tab_does_counts(hand: Hand) -> None:
    """One session, two tabs: work in one keeps the other from warning."""
    page = hand.page
    await page.clock.install()
    await hand.menu()
    await page.clock.fast_forward("08:01")
    await page.wait_for_selector("#idle[open]")
    other = await page.context.new_page()
    await other.goto(page.url)
    await page.wait_for_selector("#idle", state="hidden")


async def test_language_by_keyboard_keeps_the_page(hand: Hand) -> None:
    """The switch leads back to the same screen, with what was typed."""
    page = hand.page
    await hand.form()
    await page.fill("#contact_name", "総務部")
    await page.focus("#languages button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector('html[lang="en"]')
    await hand.screen("S5")
    assert await page.input_value("#contact_name") == "総務部"
    hand.stage.daemon.asked.clear()
    await hand.menu()
    hand.stage.daemon.hang.add("auth.getToken")
    await page.click("#register")
    await page.wait_for_selector("#status:has-text('window of IC Card Bridge')")
    (params,) = [params for method, params in hand.stage.daemon.asked if method == "auth.getToken"]
    assert params["language"] == "en"


async def test_less_motion(hand: Hand) -> None:
    """With less motion nothing turns."""
    async with at(hand.stage, reduced_motion="reduce") as calm:
        await calm.menu()
        hand.stage.daemon.hang.add("auth.getToken")
        await calm.page.click("#register")
        await calm.screen("S3")
        turning = "getComputedStyle(document.querySelector('.spinner')).animationName"
        assert await calm.page.evaluate(turning) == "none"
