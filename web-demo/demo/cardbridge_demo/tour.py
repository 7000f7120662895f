"""The demonstration without a display: S0 to S11 in headless Chromium under Xvfb."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import stack
from .browser import PUBLIC_NAME, PUBLIC_ORIGIN, chromium
from .card import demo_token
from .desktop import desktop
from .ports import free_port, free_ports
from .procedures import change, login, logout, renew
from .registration import Walk
from .tls import make_certificate


def tour(folder: Path) -> int:
    """Register, change, log in and renew the card; screenshots and the sheet go to `folder`/screens."""
    screens = folder / "screens"
    shutil.rmtree(screens, ignore_errors=True)
    screens.mkdir(parents=True)
    with ExitStack() as running:
        work = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="cardbridge-demo-")))
        port, first = free_port(), free_ports(4)
        ports = (first, first + 3)
        portal = running.enter_context(
            stack.portal(
                work, PUBLIC_ORIGIN, port, tls=make_certificate(work, PUBLIC_NAME), bridge_ports=ports
            )
        )
        sample, pin = portal.samples()[0], stack.demo_pin(work)
        _say(f"ポータル: {PUBLIC_ORIGIN}/ （127.0.0.1:{port}）")
        _say(f"利用者登録番号 {sample.number}　商号又は名称 {sample.name}　PIN番号 {pin}")
        new = portal.issue_card(sample.name, "見本　太郎")
        token = running.enter_context(demo_token(work, [sample.card, new], pin, readers=1))
        configuration = stack.write_configuration(work, PUBLIC_ORIGIN, token.driver, ports=ports)
        screen = running.enter_context(desktop())
        address = running.enter_context(stack.daemon(work, configuration, {**token.env, **screen.env}))
        _say(f"ICカードブリッジ: {address}　ICカード: {token.kind}")
        browser = running.enter_context(chromium(port, "granted"))
        walk = Walk(
            page=browser.new_page(),
            desktop=screen,
            origin=PUBLIC_ORIGIN,
            sample=sample,
            pin=pin,
            folder=screens,
            tell=_say,
        )
        try:
            receipt = walk.whole()
            change(walk, "unit_phone", "099-000-0009")
            login(walk)
            logout(walk)
            if token.control is not None:
                renew(walk, lambda: token.order("swap", card=new))
        except Exception:
            _keep_traces(walk, work)
            raise
        _say(f"登録が完了しました。受付番号 {receipt}")
        _say(f"画面と受付票: {screens}")
    return 0


def _keep_traces(walk: Walk, work: Path) -> None:
    """What a person needs who wants to know why it stopped: the page, the screen, the logs."""
    walk.page.screenshot(path=walk.folder / "stopped-page.png", full_page=True)
    walk.desktop.screenshot(walk.folder / "stopped-screen.png")
    for log in work.rglob("*.log"):
        shutil.copyfile(log, walk.folder / f"stopped-{log.parent.name}-{log.name}")
    _say(f"途中で止まりました。画面と記録: {walk.folder}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
