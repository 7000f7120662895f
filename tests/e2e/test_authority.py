"""An official at the authority's side with the real daemon, its window, and SoftHSM2 for the card (P-256)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardbridge_demo import softhsm, stack
from cardbridge_demo.browser import PUBLIC_ORIGIN, chromium
from tests.e2e.conftest import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm, pytest.mark.timeout(180)]

PIN = "975310"
TIMEOUT_MS = 60_000


def test_official_logs_in_and_acts(lab: Lab, tmp_path: Path) -> None:
    """Suspends a company and resumes it; the history has the official's name."""
    token = softhsm.make_token(tmp_path, lab.portal.official_cards()[0], PIN)
    with (
        stack.daemon(lab.folder, lab.configuration(), {**token, **lab.screen.env}),
        chromium(lab.portal.port, "granted") as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{PUBLIC_ORIGIN}/authority/")
        page.click("#login")
        lab.screen.wait_for_window()
        lab.screen.type_text(PIN)
        lab.screen.press("Return")
        page.wait_for_selector('body[data-screen="A2"]')
        page.click(f"#companies a:has-text('{lab.sample.name}')")
        for act, following in (("suspend", "resume"), ("resume", "suspend")):
            page.click(f"#{act}")
            page.fill("#remark", "実機の確認")
            page.click("#do")
            page.wait_for_selector(f"#{following}")
        page.click("#desk a[href$=history]")
        official = page.inner_text("#official")
        entries = page.locator("#events tbody tr").all_inner_texts()
        assert all(official in entry for entry in entries[:3])
        assert ["利用再開" in entries[0], "利用停止" in entries[1], "ログイン" in entries[2]] == [True] * 3
        assert lab.sample.number not in page.content()
