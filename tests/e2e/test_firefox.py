"""The main path in Firefox ESR: S0 to S8 with the real daemon, the PIN typed into its window."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_NAME
from cardbridge_demo.ports import free_port
from cardbridge_demo.registration import Walk
from cardbridge_demo.tls import make_certificate
from tests.e2e.conftest import Lab
from tests.e2e.firefox import FIREFOX, FirefoxPage, firefox

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.softhsm,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not FIREFOX.exists(), reason="no Firefox ESR: installer/bootstrap.sh --long"),
]


@pytest.fixture
def walk(lab: Lab, tmp_path: Path) -> Iterator[Walk]:
    """A portal of its own under the public name (Firefox maps names, not ports), a token, a daemon."""
    port = free_port()
    origin = f"https://{PUBLIC_NAME}:{port}"
    tls = make_certificate(tmp_path, PUBLIC_NAME)
    with ExitStack() as running:
        portal = running.enter_context(stack.portal(tmp_path, origin, port, tls=tls, bridge_ports=lab.ports))
        sample, pin = portal.samples()[0], stack.demo_pin(tmp_path)
        token = stack.soft_token(tmp_path, sample.card, pin)
        here = replace(lab, folder=tmp_path, portal=portal, sample=sample, pin=pin, token=token)
        running.enter_context(stack.daemon(tmp_path, here.configuration(origin), here.env))
        page = running.enter_context(firefox(tmp_path, PUBLIC_NAME))
        yield Walk(
            page=cast(Any, page),
            desktop=lab.screen,
            origin=origin,
            sample=sample,
            pin=pin,
            folder=tmp_path,
        )


def test_whole_registration(walk: Walk) -> None:
    """S0 to S8; the sheet that Firefox prints is one page."""
    receipt = walk.whole()
    sheet = walk.folder / "receipt.pdf"
    told = subprocess.run(["pdfinfo", sheet], capture_output=True, text=True, check=True).stdout
    assert "Pages:           1\n" in told and "(A4)" in told
    text = subprocess.run(["pdftotext", sheet, "-"], capture_output=True, text=True, check=True).stdout
    assert receipt in text and walk.sample.number not in text


def test_guidance_page_and_english(walk: Walk) -> None:
    """「ICカードの準備」 finds the daemon; the switch of languages keeps what was typed."""
    page = cast(FirefoxPage, walk.page)
    page.goto(f"{walk.origin}/m/{walk.sample.municipality}/prepare")
    for check in ("daemon", "permission", "site"):
        page.wait_for_selector(f'#check-{check}[data-state="ok"]')
    walk.choose_municipality()
    walk.enter()
    walk.start_registration()
    walk.type_pin("S3-pin-window")
    walk.find_company()
    walk.wait_for_screen("S5")
    page.fill("#contact_name", "総務部　入力途中")
    page.wait_for_selector("#copy-contact:enabled")  # its scripts are there
    page.click("#languages button")
    page.wait_for_selector('html[lang="en"] body[data-screen="S5"]')
    assert page.evaluate("document.getElementById('contact_name').value") == "総務部　入力途中"
