"""Pages inside pages, in a real browser: what counts is the origin of the frame that connects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, sync_playwright

from cardbridge_demo.browser import CHROMIUM
from tests.unit.server.running import Daemon, running_in
from tests.unit.server.wire import FOREIGN_ORIGIN, ORIGIN

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed"),
]

MAY = 'allow="loopback-network; local-network-access"'
CONNECT = """port => new Promise(done => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`, "cardbridge.v1");
    socket.onmessage = ({ data }) => done(JSON.parse(data).method);
    socket.onclose = ({ code }) => done(code);
})"""
NOT_PERMITTED, NO_HANDSHAKE = 4403, 1006
PAGES = {
    f"{ORIGIN}/": f"""<!doctype html>
        <iframe name="foreign" src="{FOREIGN_ORIGIN}/frame" {MAY}></iframe>
        <iframe name="sandboxed" src="{ORIGIN}/frame" sandbox="allow-scripts" {MAY}></iframe>""",
    f"{FOREIGN_ORIGIN}/": f'<!doctype html><iframe name="portal" src="{ORIGIN}/frame" {MAY}></iframe>',
    f"{ORIGIN}/frame": "<!doctype html>",
    f"{FOREIGN_ORIGIN}/frame": "<!doctype html>",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with running_in(tmp_path_factory.mktemp("daemon")) as running:
        yield running


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A browser whose user has allowed everything that a browser asks."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = browser.new_context()
        for origin in (ORIGIN, FOREIGN_ORIGIN):
            context.grant_permissions(["local-network-access"], origin=origin)
        context.route(lambda url: url in PAGES, lambda route: route.fulfill(body=PAGES[route.request.url]))
        yield context.new_page()
        browser.close()


def frame(page: Page, name: str) -> Frame:
    found = page.frame(name=name)
    assert found is not None
    return found


def test_a_page_framed_in_an_allowed_page_is_not_the_allowed_page(daemon: Daemon, page: Page) -> None:
    """Also where the allowed page hands its own permission on to the frame."""
    page.goto(f"{ORIGIN}/")
    assert page.evaluate(CONNECT, daemon.port) == "bridge.hello"
    assert frame(page, "foreign").evaluate(CONNECT, daemon.port) == NOT_PERMITTED


def test_a_sandboxed_frame_has_no_origin(daemon: Daemon, page: Page) -> None:
    page.goto(f"{ORIGIN}/")
    assert frame(page, "sandboxed").evaluate(CONNECT, daemon.port) == NO_HANDSHAKE
    assert frame(page, "sandboxed").evaluate("self.origin") == "null"


def test_an_allowed_page_framed_elsewhere_is_still_itself(daemon: Daemon, page: Page) -> None:
    """Nothing but the portal's own `frame-ancestors` keeps it out of a foreign page."""
    page.goto(f"{FOREIGN_ORIGIN}/")
    assert page.evaluate(CONNECT, daemon.port) == NOT_PERMITTED
    assert frame(page, "portal").evaluate(CONNECT, daemon.port) == "bridge.hello"
