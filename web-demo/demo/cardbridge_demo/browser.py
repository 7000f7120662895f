"""Chromium for the demonstration and the tests, with the portal's page as a public one.

A page that comes from loopback is itself loopback, and the browser's Local Network Access check never
fires for it. Here the portal's name maps to loopback and that address space is declared public, so that
the check is as on a clerk's PC.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

CHROMIUM = "/usr/bin/chromium"
PUBLIC_NAME = "portal.example.jp"
PUBLIC_ORIGIN = f"https://{PUBLIC_NAME}"
Permission = Literal["granted", "denied", "prompt"]
_FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=ja",
)  # fmt: skip


@contextmanager
def chromium(
    portal_port: int,
    permission: Permission,
    *,
    headless: bool = True,
    display: str | None = None,
    keeps_pages: bool = False,
    origin: str = PUBLIC_ORIGIN,
    program: str = CHROMIUM,
) -> Iterator[BrowserContext]:
    """A fresh browser in which `PUBLIC_ORIGIN` is the portal on `portal_port` (TLS).

    Args:
        permission: for the loopback network, as a policy (`granted`) or the user would have set it.
        keeps_pages: with the back/forward cache, which Playwright switches off; then it does not notice that
            a page has come back.
        origin: whom `granted` is for; ``http://localhost:PORT`` for a portal without TLS.
        program: what is started as Chromium.
    """
    from playwright.sync_api import sync_playwright

    flags = [
        *_FLAGS,
        f"--host-resolver-rules=MAP {PUBLIC_NAME}:443 127.0.0.1:{portal_port}",
        f"--ip-address-space-overrides=127.0.0.1:{portal_port}=public",
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            headless=headless,
            args=flags,
            ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
            env={**env, **({"DISPLAY": display} if display else {})},
        )
        try:
            context = browser.new_context(
                ignore_https_errors=True, locale="ja-JP", viewport={"width": 1200, "height": 900}
            )
            _set_permission(context, permission, origin)
            yield context
        finally:
            browser.close()


def _set_permission(context: BrowserContext, permission: Permission, origin: str) -> None:
    if permission == "granted":
        context.grant_permissions(["local-network-access"], origin=origin)
    elif permission == "denied":
        page = context.new_page()
        session = context.new_cdp_session(page)
        info = session.send("Target.getTargetInfo")["targetInfo"]
        session.send(
            "Browser.setPermission",
            {
                "permission": {"name": "loopback-network"},
                "setting": "denied",
                "origin": origin,
                "browserContextId": info["browserContextId"],
            },
        )
        page.close()
