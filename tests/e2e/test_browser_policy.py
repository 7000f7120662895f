"""The policies that `cardbridge policy apply` writes, in real browsers: no question with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bridge.browsers.rollout import apply, remove
from bridge.core.origin import Origin
from cardbridge_demo.browser import CHROMIUM
from tests.e2e.policy_place import NAME, firefox_asks, in_namespace, missing_namespace, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make mount namespaces"),
]
SITE = Origin.parse(f"https://{NAME}")
FIREFOX = "/usr/bin/firefox-esr"
CONNECT = """port => new Promise(done => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    socket.onmessage = event => done(event.data);
    socket.onclose = event => done(String(event.code));
})"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir(mode=0o755)
    if (missing := missing_namespace(tmp_path)) is not None:
        pytest.skip(f"nothing can be laid over /etc: {missing}")
    return tmp_path


@contextmanager
def chromium(root: Path, port: int) -> Iterator[Browser]:
    """A Chromium whose policies are those below `root`."""
    program = in_namespace(root / "chromium", CHROMIUM, root / "etc")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                f"--host-resolver-rules=MAP {NAME} 127.0.0.1:{port}, MAP *.{NAME} 127.0.0.1:{port}",
                f"--ip-address-space-overrides=127.0.0.1:{port}=public",
            ],
        )  # fmt: skip
        try:
            yield browser
        finally:
            browser.close()


def answer(browser: Browser, url: str, socket: int) -> str:
    """What a page of `url` gets from the WebSocket on this computer; headless, a question is a no."""
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.goto(url)
    found = str(page.evaluate(CONNECT, socket))
    page.context.close()
    return found


def test_chromium_asks_no_question_of_exactly_the_site(root: Path) -> None:
    with served(root) as (port, socket):
        apply([SITE], root)
        with chromium(root, port) as browser:
            assert answer(browser, f"https://{NAME}/", socket) == "hello"
            assert answer(browser, f"https://{NAME}:8443/", socket) == "1006"
            assert answer(browser, f"https://sub.{NAME}/", socket) == "1006"


def test_chromium_asks_again_where_the_site_is_gone(root: Path) -> None:
    """A browser that runs takes changes over in its own time: here each one is started after the change."""
    with served(root) as (port, socket):
        elsewhere = Origin.parse("https://elsewhere.example.jp")
        for sites, wanted in (([elsewhere], "1006"), ([SITE], "hello"), ([], "1006")):
            if sites:
                apply(sites, root)
            else:
                remove(root)
            with chromium(root, port) as browser:
                assert answer(browser, f"https://{NAME}/", socket) == wanted


@pytest.mark.skipif(not Path(FIREFOX).exists(), reason="no Firefox ESR")
def test_firefox_asks_no_question_and_others_rules_stay(root: Path) -> None:
    theirs = '{"policies": {"LocalNetworkAccess": {"Enabled": true}}}'
    file = root / "etc/firefox/policies/policies.json"
    for folder in (file.parent.parent, file.parent):
        folder.mkdir(mode=0o755)
    file.write_text(theirs)
    program = in_namespace(root / "firefox", FIREFOX, root / "etc")
    assert firefox_asks(program, root / "before")
    apply([SITE], root)
    assert not firefox_asks(program, root / "with")
    remove(root)
    assert file.read_text() == theirs
    assert firefox_asks(program, root / "after")
