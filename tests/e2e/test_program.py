"""A real browser is known as what it is: the socket is that of its network process."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from bridge.core.consent import Program
from bridge.server.program import program_of
from cardbridge_demo.browser import CHROMIUM

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is not installed"),
]


def test_chromium() -> None:
    from playwright.sync_api import sync_playwright

    with socket.create_server(("127.0.0.1", 0)) as listening, sync_playwright() as playwright:
        listening.settimeout(60)
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        context = browser.new_context()
        context.grant_permissions(["local-network-access"], origin="http://127.0.0.1")
        page = context.new_page()
        page.route("http://127.0.0.1/", lambda route: route.fulfill(body="<!doctype html>"))
        page.goto("http://127.0.0.1/")
        page.evaluate("port => { new WebSocket(`ws://127.0.0.1:${port}/v1`) }", listening.getsockname()[1])
        with listening.accept()[0] as server:
            seen = program_of(server.getpeername(), server.getsockname())
        browser.close()
    assert seen is not None and seen.browser == "Chromium", seen
    assert Path(seen.path).name == "chromium"
    assert seen == Program(path=seen.path, browser="Chromium")
