"""The JavaScript client in Chromium, against real daemons and programs that only look like one."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from cardbridge_demo import softhsm, stack
from cardbridge_demo.browser import PUBLIC_ORIGIN, chromium
from cardbridge_demo.registration import Walk
from tests.e2e.client_page import ClientPage
from tests.e2e.conftest import Lab
from tests.e2e.hung import listening, open_only, say_nothing
from tests.e2e.test_contract import nonce, verify_token

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm, pytest.mark.timeout(180)]

WAITING = '#guidance[data-reason="waitingForPermission"]'
CSP = "default-src 'none'; script-src 'self'; connect-src 'self'"


@pytest.fixture
def client(lab: Lab) -> Iterator[ClientPage]:
    """A page that may reach the loopback network."""
    with chromium(lab.portal.port, "granted") as browser:
        yield ClientPage(page=browser.new_page(), ports=list(range(lab.ports[0], lab.ports[1] + 1)))


class TestPermission:
    """The browser's own question, answered on the screen as a person answers it."""

    ALLOW = ("alt+shift+a", "Tab", "space")
    BLOCK = ("alt+shift+a", "space")
    CLOSE = ("alt+shift+a", "Escape")

    @pytest.fixture
    def walk(self, lab: Lab, daemon: str, tmp_path: Path) -> Iterator[Walk]:
        display = lab.screen.display
        with chromium(lab.portal.port, "prompt", headless=False, display=display) as browser:
            walk = Walk(
                page=browser.new_page(),
                desktop=lab.screen,
                origin=PUBLIC_ORIGIN,
                sample=lab.sample,
                pin=lab.pin,
                folder=tmp_path,
            )
            walk.choose_municipality()
            walk.wait_for_screen("S1")
            yield walk

    def test_allowed(self, walk: Walk) -> None:
        """The page says what to press, and goes on by itself once it was pressed."""
        assert "許可" in walk.wait_for_guidance("waitingForPermission")
        assert walk.page.is_disabled("#register")
        answer(walk, self.ALLOW)
        walk.page.wait_for_selector('#clock[data-ready="true"]')
        walk.page.wait_for_selector("#guidance", state="hidden")

    def test_closed_then_blocked(self, walk: Walk) -> None:
        walk.wait_for_guidance("waitingForPermission")
        answer(walk, self.CLOSE)
        assert "もう一度試す" in walk.wait_for_guidance("permissionDismissed")
        walk.page.click("#retry")
        walk.wait_for_guidance("waitingForPermission")
        answer(walk, self.BLOCK)
        assert "サイトの設定" in walk.wait_for_guidance("permissionDenied")


def answer(walk: Walk, keys: tuple[str, ...], tries: int = 4) -> None:
    """Press keys until the browser has taken them: it takes none in the first half second of its question."""
    for _ in range(tries):
        time.sleep(1)
        for key in keys:
            walk.desktop.press(key)
            time.sleep(0.3)
        with suppress(PlaywrightTimeout):
            walk.page.wait_for_selector(WAITING, state="hidden", timeout=8_000)
            return
    pytest.fail("the browser's question is not answered")


def test_accepts_and_says_nothing(client: ClientPage) -> None:
    client.load()
    with listening(client.ports[0], say_nothing) as connections:
        assert client.call("connect") == {"reason": "notResponding", "kind": "NotRespondingError"}
        assert connections


def test_opens_and_never_greets(client: ClientPage) -> None:
    client.load()
    with listening(client.ports[0], open_only) as connections:
        assert client.call("connect")["reason"] == "notResponding"
        assert connections
    assert client.call("connect")["reason"] == "notRunning"


def test_somebody_else_is_on_the_first_port(lab: Lab, client: ClientPage) -> None:
    client.load()
    with (
        listening(client.ports[0], say_nothing),
        stack.daemon(lab.folder, lab.configuration(), lab.env) as url,
    ):
        assert url.endswith(f":{client.ports[1]}/v1")
        assert "result" in client.call("connect")
        assert client.call("info")["result"]["name"] == "cardbridge"


@pytest.mark.slow
def test_daemon_hangs_after_its_greeting(lab: Lab, daemon: str, client: ClientPage) -> None:
    """A request does not wait for ever, and the page goes on when the daemon lives again."""
    client.load()
    client.call("connect")
    pid = json.loads(next(lab.folder.rglob("runtime.json")).read_text())["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        client.start("listReaders")
        assert client.outcome()["reason"] == "notResponding"
    finally:
        os.kill(pid, signal.SIGCONT)
    client.wait_for_state("connected")


def test_daemon_restarts(lab: Lab, client: ClientPage) -> None:
    """The page goes on by itself; the request that was under way is told."""
    client.load()
    with stack.daemon(lab.folder, lab.configuration(), lab.env):
        client.call("connect")
        client.start("verifyPin")
        lab.screen.wait_for_window()
    assert client.outcome() == {"reason": "connectionLost", "kind": "ConnectionLostError"}
    lab.screen.wait_until_gone()
    with stack.daemon(lab.folder, lab.configuration(), lab.env):
        client.wait_for_state("connected")
        assert "result" in client.call("info")
    assert client.states[:4] == ["connecting", "connected", "failed/connectionLost", "connected"]


def test_first_daemon_refuses_and_second_accepts(lab: Lab, client: ClientPage, tmp_path: Path) -> None:
    """As on a PC that several people use."""
    driver = ("SoftHSM2", softhsm.module())
    others = stack.write_configuration(tmp_path, "https://other.example.jp", driver, ports=lab.ports)
    client.load()
    with stack.daemon(tmp_path, others, lab.env) as first:
        assert client.call("connect") == {"reason": "siteNotPermitted", "kind": "SiteNotPermittedError"}
        with stack.daemon(lab.folder, lab.configuration(), lab.env) as second:
            assert first != second
            assert "result" in client.call("connect")
            assert client.page.evaluate("sessionStorage.getItem('cardbridge.port')") in second


def test_policy_of_the_page(daemon: str, client: ClientPage) -> None:
    """A wrong Content-Security-Policy is the portal's fault; one that is only reported is none."""
    client.load(headers={"content-security-policy": CSP})
    assert client.call("connect") == {"reason": "portalMisconfigured", "kind": "PortalMisconfiguredError"}
    client.load(headers={"content-security-policy": f"{CSP} ws://127.0.0.1:{client.ports[1]}"})
    assert client.call("connect")["reason"] == "portalMisconfigured"
    allowed = f"{CSP} ws://127.0.0.1:{client.ports[0]}"
    client.ports.reverse()
    client.load(headers={"content-security-policy": allowed})
    assert "result" in client.call("connect")
    client.load(headers={"content-security-policy-report-only": CSP})
    assert "result" in client.call("connect")


def test_page_without_the_browsers_feature(daemon: str, client: ClientPage) -> None:
    """As in a frame of another origin without `allow`: no setting of the user's would help."""
    client.load(headers={"permissions-policy": "loopback-network=(), local-network-access=()"})
    assert client.call("connect")["reason"] == "portalMisconfigured"


def test_page_comes_back_from_the_cache(lab: Lab, daemon: str) -> None:
    """The open socket does not keep the page out of the back/forward cache, and is there again afterwards."""
    ports = list(range(lab.ports[0], lab.ports[1] + 1))
    with chromium(lab.portal.port, "granted", keeps_pages=True) as browser:
        client = ClientPage(page=browser.new_page(), ports=ports)
        client.load(headers={})
        client.call("connect")
        client.page.evaluate("addEventListener('pageshow', ({ persisted }) => states.push(persisted))")
        client.page.goto(PUBLIC_ORIGIN + "/static/portal.css")
        client.page.evaluate("void history.back()")
        client.page.wait_for_url(PUBLIC_ORIGIN + "/", wait_until="commit")
        client.wait_for_state("connected")
        assert client.states == ["connecting", "connected", "closed", True, "connected"]


def test_message_too_big(daemon: str, client: ClientPage) -> None:
    client.load()
    client.call("connect")
    big = client.page.evaluate(
        """async () => {
          const document = { name: "a.txt", mediaType: "text/plain", content: new Uint8Array(26 << 20) };
          const inside = { format: "cades", packaging: "enveloping" };  // nothing that is uploaded
          try { await bridge.signDocuments({ documents: [document], ...inside }); }
          catch (error) { return [error.reason, error.retriable]; }
        }"""
    )
    assert big == ["messageTooBig", False]
    client.wait_for_state("connected")


def test_stands_in_for_web_eid(lab: Lab, daemon: str, client: ClientPage) -> None:
    """The token that web-eid.js would give; a hash is not signed, and the error says why."""
    client.load()
    page, challenge = client.page, nonce()
    page.evaluate(
        """async (ports) => {
          globalThis.webeid = await import("/client/web-eid.js");
          webeid.bridge.ports = ports;
        }""",
        client.ports,
    )
    status = page.evaluate("webeid.status()")
    assert status["nativeApp"] == status["extension"]
    page.evaluate(
        "(nonce) => { globalThis.outcome = webeid.authenticate(nonce, { lang: 'ja' }); }", challenge
    )
    lab.screen.wait_for_window()
    lab.screen.type_text(lab.pin)
    lab.screen.press("Return")
    token = client.outcome()
    verify_token(token, PUBLIC_ORIGIN, challenge)
    assert set(token) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    error = page.evaluate(
        """(certificate) => webeid.sign(certificate, btoa("0".repeat(32)), "SHA-256")
          .then(() => "signed", ({ code, message }) => [code, message])""",
        token["unverifiedCertificate"],
    )
    assert error[0] == "ERR_WEBEID_NATIVE_FATAL" and "off by default" in error[1]
