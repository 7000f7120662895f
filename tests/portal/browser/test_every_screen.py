"""Every screen, button and error of the portal, reached in Chromium: the README's table is the list.

One clerk's long day at one portal with a FAKE daemon, which fails as it is told; what the page shows is
noted at every step (reached.py) and compared at the end. The main path by the real daemon and cards is in
tests/e2e/test_cards.py.
"""

import ast
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from playwright.async_api import Route

from cardbridge_portal.authority import issue_card, make_authority, revoke
from tests.portal.browser.day import Day
from tests.portal.browser.stage import Hand, Stage
from tests.portal.clerk import FORM, read_samples
from tests.portal.companies import another_card, execute, plant_card
from tests.portal.reached import promised

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(420)]

TESTS = Path(__file__).parents[2]
# What needs the browser's own question or the daemon's own window: tests that reach it elsewhere.
ELSEWHERE = {
    "S1 waitingForPermission": ("e2e/test_client.py", "test_allowed"),
    "S1 permissionDismissed": ("e2e/test_client.py", "test_closed_then_blocked"),
    "S1 permissionDenied": ("e2e/test_registration.py", "test_permission_denied"),
    "S3 wrong PIN with tries left, in the window": ("e2e/test_registration.py", "test_wrong_pin_then_right"),
    "S3 several certificates": ("ui/test_chooser.py", ""),
    "S6 sent twice": ("portal/test_flow.py", "test_sent_twice_is_one_registration"),
    "S8 pop-up blocked": ("portal/test_browser.py", "test_blocked_popup_prints_in_the_same_tab"),
}
# Screen → the errors that a person can meet there.
ERRORS = {
    "S1": {"notRunning", "tooOld", "siteNotPermitted", "connectionLost"},
    "S2": {"sessionExpired"},
    "S3": {
        "userCancelled", "noReader", "noCard", "pinIncorrect", "pinLocked", "certificateExpired",
        "certificateRevoked", "certificateUntrusted", "noCertificate",
    },
    "S4": {"lookupFailed", "lockedOut", "cardAlreadyRegistered"},
    "S5": {"nothingChanged"},
    "S6": {"userCancelled", "noCard", "signerMismatch", "signedByOtherCard", "transactionUnknown",
           "registrationChanged", "cardRevoked"},
    "S9": {"cardNotRegistered", "cardRevoked", "cardRenewed", "companySuspended", "cardOfOtherMunicipality",
           "certificateExpired"},
    "S10": {"cardNotRegistered", "oldCardExpired", "oldCardFirst", "sameCard", "companyDiffers",
            "authorityDiffers", "cardAlreadyRegistered", "signedByOtherCard", "userCancelled"},
    "S11": {"cardNotRegistered", "cardRevoked", "cardRenewed", "companySuspended", "certificateExpired"},
    "refused": {"cardRevoked"},
}  # fmt: skip
BUTTONS = {
    "S1": {"register", "login"},
    "S2": {"register", "change", "renew", "back"},
    "S3": {"cancel", "back", "retry"},
    "S4": {"confirm-holder", "not-holder", "search", "back"},
    "S5": {"copy-contact", "confirm", "back", "restart"},
    "S6": {"register", "back", "cancel"},
    "S7": {"print", "menu", "mypage"},
    "S8": {"print", "close"},
    "S9": {"cancel", "back", "way"},
    "S10": {"new-card", "renew", "again", "abort", "cancel", "way"},
    "S11": {"cancel", "back", "way"},
    "mypage": {"change", "renew", "logout"},
    "refused": {"back"},
}


async def test_every_screen_button_and_error(hand: Hand, stage: Stage) -> None:
    day = Day(hand)
    await _entrance(day)
    await _pin(day)
    await _search(day)
    await _form_and_signature(day)
    await _receipt(day)
    await _change(day)
    await _cards_that_may_not(day)
    await _renewal(day)
    await _login(day)
    for screen, ids in promised().items():
        for each in ids:
            wanted = re.compile(each.replace("X", r"\w+").replace("FIELD", r"\w+"))
            assert any(map(wanted.fullmatch, day.seen.ids[screen])), f"{screen} #{each} was not reached"
    for screen, wanted_errors in ERRORS.items():
        assert wanted_errors <= day.seen.errors[screen], screen
    for screen, buttons in BUTTONS.items():
        assert buttons <= day.seen.pressed[screen], screen


async def _entrance(day: Day) -> None:
    daemon, page = day.stage.daemon, day.page
    await page.goto(day.stage.origin)
    await page.fill("#filter", "xyz")
    await day.screen("S0")
    await page.fill("#filter", "")
    await page.click('[data-code="462012"]')
    await page.wait_for_selector('#clock[data-ready="true"]')
    await daemon.drop()
    await day.meet("connectionLost")
    await page.wait_for_selector('#clock[data-ready="true"]')
    await day.stage.daemon_goes()
    await page.reload()
    await day.meet("notRunning")
    await day.stage.daemon_comes()
    daemon.protocol = 0
    await day.press("#retry")
    await day.meet("tooOld")
    daemon.protocol, daemon.refuse_site = 1, True
    await day.press("#retry")
    await day.meet("siteNotPermitted")
    daemon.refuse_site = False
    await day.press("#retry")
    await day.press("#register")
    await day.screen("S2")
    await day.press("#back")
    await page.wait_for_selector('#clock[data-ready="true"]')
    await day.press("#register")


async def _pin(day: Day) -> None:
    daemon, own = day.stage.daemon, day.stage.daemon.card
    await day.cancelled("#register", "auth.getToken")
    await day.press("#back")
    for reason in ("noReader", "noCard", "pinIncorrect", "pinLocked", "certificateExpired", "noCertificate"):
        day.refuse("auth.getToken", reason)
        await day.go("pin")
        await day.meet(reason)
    revoked = another_card(day.data)
    certificate = x509.load_pem_x509_certificate((revoked / "authentication.crt.pem").read_bytes())
    revoke(day.data, certificate, datetime.now(UTC))
    foreign = issue_card(day.data, "例", "例", curve=True, authority=make_authority()).directory
    daemon.card = revoked
    await day.go("pin")
    for reason, following in (("certificateRevoked", foreign), ("certificateUntrusted", own)):
        await day.meet(reason)
        daemon.card = following
        await day.press("#retry")
    await day.screen("S4")


async def _search(day: Day) -> None:
    await day.press("#not-holder")
    await day.screen("S4")
    await day.press("#confirm-holder")
    await day.press("#back")
    await day.screen("S2")
    await day.go("search")
    await day.press("#search")
    await day.page.wait_for_selector("#number-error")
    for _ in range(20):
        await day.page.fill("#number", day.stage.sample["number"])
        await day.page.fill("#name", "違う会社")
        async with day.page.expect_navigation():
            await day.press("#search")
        if await day.page.locator('#guidance[data-reason="lockedOut"]').count():
            break
        await day.meet("lookupFailed")
    await day.meet("lockedOut")
    await execute(day.data, "DELETE FROM lookup_attempts")
    await day.find()
    await day.screen("S5")


async def _form_and_signature(day: Day) -> None:
    page, daemon, own = day.page, day.stage.daemon, day.stage.daemon.card
    await day.press("#back")
    await day.screen("S4")
    await day.find()
    await day.screen("S5")
    await day.press("#confirm")
    await page.wait_for_selector("#errors")
    await day.seen.look(page)
    await day.fill()
    await day.press("#copy-contact")
    await _begun_before(day)
    await day.press("#confirm")
    await day.screen("S6")
    await day.press("#back")
    await day.press("#confirm")
    await day.screen("S6")
    await day.cancelled("#register", "sign.documents")
    day.refuse("sign.documents", "noCard")
    await day.press("#retry")
    await day.meet("noCard")
    daemon.card = Path(read_samples(day.data)[1]["card"])
    await day.press("#retry")
    await day.meet("signerMismatch")
    daemon.card = own
    other_tab = await page.context.new_page()
    await other_tab.goto(page.url.replace("confirm", "form"))
    await other_tab.fill("#department", "別のタブの部署")
    await other_tab.click("#confirm")
    await other_tab.wait_for_selector('body[data-screen="S6"]')
    await other_tab.close()
    await day.press("#retry")
    await day.meet("transactionUnknown")
    await day.press("#back")
    await day.press("#confirm")
    await day.press("#register")
    await day.screen("S7")


async def _begun_before(day: Day) -> None:
    """What was typed is there after a reload; deleted, and typed again."""
    page = day.page
    async with page.expect_response("**/api/draft"):
        await page.dispatch_event("#department", "input")
    await page.reload()
    await page.wait_for_selector("#restored")
    await day.press("#restart")
    await page.wait_for_selector("#restored", state="detached")
    await day.fill()


async def _receipt(day: Day) -> None:
    page = day.page
    async with page.context.expect_page() as opening:
        await day.press("#print")
    sheet = await opening.value
    await sheet.wait_for_selector('body[data-screen="S8"]')
    await day.seen.press(sheet, "#print")
    async with sheet.expect_event("close"):
        await day.seen.press(sheet, "#close")
    await day.go("search")
    await day.meet("cardAlreadyRegistered")
    await day.go("done")
    await day.press("#menu")
    await day.screen("S2")
    await day.go("done")
    await day.press("#mypage")
    await day.screen("mypage")


async def _change(day: Day) -> None:
    page, daemon, own = day.page, day.stage.daemon, day.stage.daemon.card
    await day.press("#change")
    await day.screen("S5")
    await day.press("#confirm")
    await day.meet("nothingChanged")
    await page.fill("#contact_fax", "099-000-1111")
    await day.press("#confirm")
    await day.screen("S6")
    assert await page.locator(".changed").count() == 1
    form = json.dumps(FORM | {"department": "別の画面の部署"})
    await execute(day.data, "UPDATE registration SET version = version + 1, form = ?", form)
    await day.press("#register")
    await day.meet("registrationChanged")
    await day.press("#back")
    await page.wait_for_selector("#meanwhile")
    assert await page.input_value("#contact_fax") == "099-000-1111"
    await day.screen("S5")
    await day.press("#confirm")
    daemon.card = another_card(day.data, address=None)
    await plant_card(day.data, daemon.card)
    await day.press("#register")
    await day.meet("signedByOtherCard")
    daemon.card = own
    await execute(day.data, "UPDATE card SET state = 'revoked'")
    await day.press("#retry")
    await day.meet("cardRevoked")
    await day.press("#back")
    await day.screen("refused")
    await day.press("#back")
    await execute(day.data, "UPDATE card SET state = 'active'")
    await page.wait_for_selector('#clock[data-ready="true"]')


async def _cards_that_may_not(day: Day) -> None:
    """S9 and S11: left by both ways, then every card that is refused."""
    daemon, own = day.stage.daemon, day.stage.daemon.card
    for page, screen, door in (("change", "S9", "menu"), ("login", "S11", "")):
        await day.go(door)
        await day.cancelled(f"#{page}", "auth.getToken")
        await day.press("#back")
        await day.ended("revoked", "cardRevoked", page)
        await day.ended("renewed", "cardRenewed", page)
        await execute(day.data, "UPDATE company SET state = 'suspended'")
        await day.go(page)
        await day.meet("companySuspended")
        await execute(day.data, "UPDATE company SET state = 'active'")
        day.refuse("auth.getToken", "certificateExpired")
        await day.go(page)
        await day.meet("certificateExpired")
        daemon.card = another_card(day.data)
        await day.go(page)
        await day.meet("cardNotRegistered")
        assert await day.page.get_attribute("body", "data-screen") == screen
        daemon.card = own
        await day.press("#way")
        await day.screen("S4")
    await day.go("", "462039")
    await day.go("change", "462039")
    await day.meet("cardOfOtherMunicipality")
    await day.press("#way")
    await day.screen("S0")
    await day.go("")


async def _renewal(day: Day) -> None:
    page, daemon, own = day.page, day.stage.daemon, day.stage.daemon.card
    stranger, planted, new = (
        another_card(day.data),
        another_card(day.data),
        another_card(day.data, address=None),
    )
    await plant_card(day.data, planted)
    await day.go("menu")
    await day.cancelled("#renew", "auth.getToken")
    daemon.card = stranger
    await day.press("#retry")
    await day.meet("cardNotRegistered")
    daemon.card = own
    day.refuse("auth.getToken", "certificateExpired")
    await day.press("#retry")
    await day.meet("oldCardExpired")
    await day.press("#way")
    await day.screen("S4")
    await day.go("renew")
    await page.wait_for_selector('#swap[data-state="remove"]')
    await day.press("#new-card")
    await day.meet("sameCard")
    await day.swap(Path(read_samples(day.data)[1]["card"]))  # and it goes on by itself
    await day.meet("companyDiffers")
    await day.swap(planted)
    await day.meet("cardAlreadyRegistered")
    # The demo portal trusts one authority only: its refusal of another is in test_renewal.py.
    await page.route("**/api/authenticate", _another_authority, times=1)
    await day.press("#new-card")
    await day.meet("authorityDiffers")
    await day.swap(new)
    await day.renewal_confirm()
    await day.press("#again")
    await day.cancelled("#new-card", "auth.getToken")
    await day.press("#retry")
    await day.renewal_confirm()
    await day.press("#abort")
    await day.screen("S2")
    await _other_tab_stops(day, own, new)
    await day.cancelled("#renew", "sign.documents")
    daemon.card = own
    await day.press("#retry")
    await day.meet("signedByOtherCard")
    daemon.card = new
    await day.press("#retry")
    await day.screen("S7")
    await day.go("print")
    await day.screen("S8")
    assert "ICカード更新 受付票" in await page.inner_text("#sheet")


async def _another_authority(route: Route) -> None:
    await route.fulfill(status=409, json={"reason": "authorityDiffers", "message": ""})


async def _other_tab_stops(day: Day, own: Path, new: Path) -> None:
    """The renewal was stopped in another tab: this one says so, and begins again."""
    page, daemon = day.page, day.stage.daemon
    daemon.card = own
    await day.go("renew")
    await page.wait_for_selector("#new-card:enabled")
    await execute(day.data, "UPDATE portal_session SET procedure = NULL, old_certificate = NULL")
    await day.press("#new-card")
    await day.meet("oldCardFirst")
    await day.press("#way")
    await page.wait_for_selector("#new-card:enabled")
    await day.swap(new)
    await day.renewal_confirm()


async def _login(day: Day) -> None:
    await day.go("")
    await day.press("#login")
    await day.screen("mypage")
    await day.press("#renew")
    await day.page.wait_for_selector("#new-card")
    await day.press("#abort")
    await day.go("")
    await day.press("#login")
    await day.screen("mypage")
    await day.press("#logout")
    await day.page.wait_for_selector('#clock[data-ready="true"]')
    assert ("session.close", {}) in day.stage.daemon.asked[-2:]
    await day.go("menu")
    await day.screen("S2")
    day.stage.clock.pass_s(601)
    await day.go("menu")
    await day.meet("sessionExpired")


async def test_elsewhere_is_there() -> None:
    """The tests that reach the rest exist."""
    for path, name in ELSEWHERE.values():
        tree = ast.parse((TESTS / path).read_text("utf-8"))
        names = {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name == "" or name in names, (path, name)
