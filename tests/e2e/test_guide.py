"""The guide for portal developers: its code, as it stands there, in a real browser and over HTTP."""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Page

from cardbridge_demo import stack
from cardbridge_demo.browser import chromium
from cardbridge_demo.ports import free_port
from cardbridge_demo.process import running
from tests.e2e.conftest import Lab
from tests.portal.signing import b64, load, make_cades, make_token

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "web-demo/guide/README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SIDES = {
    "page": ("index.html", "login.js"),
    "server": ("server.py",),
    "signing page": ("sign.js",),
    "signing server": ("signing.py",),
}
LINES_BELOW = 40
PORTS = (28470, 28473)  # the contract's, for the guide's page names no others
Client = TestClient[Any, Any]


@pytest.fixture(scope="module")
def place(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the guide has its readers make; a file's second block is added to its first."""
    folder = tmp_path_factory.mktemp("guide")
    public = folder / "public"
    (public / "client").mkdir(parents=True)
    for script in (ROOT / "web-demo/client").glob("*.js"):
        (public / "client" / script.name).write_bytes(script.read_bytes())
    for name, body in BLOCKS:
        with ((folder if name.endswith(".py") else public) / name).open("a", encoding="utf-8") as file:
            file.write(body)
    authority = x509.load_pem_x509_certificate((lab.portal.data / "authority/ca.crt.pem").read_bytes())
    (folder / "authority.cer").write_bytes(authority.public_bytes(Encoding.DER))
    return folder


@pytest.mark.parametrize("side", SIDES)
def test_fewer_lines_than_promised(side: str) -> None:
    lines: Counter[str] = Counter()
    for name, body in BLOCKS:
        lines[name] += sum(1 for line in body.splitlines() if line.strip())
    assert all(lines[name] for name in SIDES[side])
    assert sum(lines[name] for name in SIDES[side]) < LINES_BELOW


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert links
    assert [link for link in links if not (ROOT / "web-demo/guide" / link).exists()] == []


class TestOverHttp:
    """What the server block refuses, with tokens made with the card's key."""

    ORIGIN = "http://localhost:8080"

    @pytest.fixture
    def server(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        monkeypatch.setattr(sys, "argv", ["signing.py", self.ORIGIN, "authority.cer", "8080"])
        monkeypatch.chdir(place)
        monkeypatch.syspath_prepend(place)
        for name in ("server", "signing"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module("signing")
        return sys.modules["server"]

    @pytest.fixture
    async def browser(self, server: ModuleType) -> AsyncIterator[Client]:
        async with TestClient(TestServer(server.app)) as client:
            yield client

    def token(self, lab: Lab, nonce: str, origin: str = ORIGIN) -> dict[str, Any]:
        return make_token(*load(lab.sample.card, "authentication"), origin, nonce)

    async def test_accepted_once(self, lab: Lab, browser: Client) -> None:
        """The same token, with the cookie that it was accepted with, and with the one after it."""
        token = self.token(lab, await challenge(browser))
        before = cookie(browser)
        response = await browser.post("/login", json=token)
        assert (response.status, (await response.json())["subject"]) == (200, subject(lab))
        assert cookie(browser) != before
        assert (await browser.post("/login", json=token)).status == 403
        browser.session.cookie_jar.clear()
        again = await browser.post("/login", json=token, headers={"Cookie": f"session={before}"})
        assert again.status == 403

    @pytest.mark.parametrize("part", ["signature", "nonce", "origin", "certificate", "session"])
    async def test_refused(self, lab: Lab, browser: Client, part: str) -> None:
        nonce = await challenge(browser)
        token = self.token(lab, nonce)
        if part == "signature":
            first = token["signature"][0]
            token["signature"] = ("B" if first == "A" else "A") + token["signature"][1:]
        elif part == "nonce":
            token = self.token(lab, nonce[::-1])
        elif part == "origin":
            token = self.token(lab, nonce, "https://phishing.example.jp")
        elif part == "certificate":
            _, other = load(lab.portal.samples()[1].card, "authentication")
            token["unverifiedCertificate"] = b64(other.public_bytes(Encoding.DER))
        else:
            browser.session.cookie_jar.clear()
        response = await browser.post("/login", json=token)
        assert (response.status, response.content_type) == (403, "text/plain")
        good = await browser.post("/login", json=self.token(lab, nonce))
        assert good.status == 403, "the nonce is used up by the attempt"

    async def test_too_late(self, lab: Lab, server: ModuleType, browser: Client) -> None:
        token = self.token(lab, await challenge(browser))
        ((session, (nonce, _)),) = server.nonces.items()
        server.nonces[session] = nonce, datetime.now(UTC)
        assert (await browser.post("/login", json=token)).status == 403
        await challenge(browser)
        assert len(server.nonces) == 1

    async def test_signature(self, lab: Lab, browser: Client) -> None:
        """Of another document, and of another card."""
        document = await (await browser.get("/document")).read()
        mine, other = (load(sample.card, "signature") for sample in lab.portal.samples()[:2])
        good = await make_cades(*mine, document)
        assert (await browser.post("/sign", data=good)).status == 403, "without a login"
        await browser.post("/login", json=self.token(lab, await challenge(browser)))
        changed = await make_cades(*mine, document.replace(b"1,000", b"9,000"))
        for refused in (changed, await make_cades(*other, document), b""):
            assert (await browser.post("/sign", data=refused)).status == 403
        assert (await browser.post("/sign", data=good)).status == 200

    async def test_page_under_its_policy(self, browser: Client) -> None:
        policy = (await browser.get("/")).headers["Content-Security-Policy"]
        assert "'unsafe" not in policy
        assert [f"ws://127.0.0.1:{port}" in policy for port in range(PORTS[0], PORTS[1] + 1)] == [True] * 4
        assert (await browser.get("/server.py")).status == 404


async def challenge(browser: Client) -> str:
    """A nonce for this browser's session."""
    return str((await (await browser.post("/nonce")).json())["challengeNonce"])


def cookie(browser: Client) -> str:
    (found,) = browser.session.cookie_jar
    return found.value


class TestInTheBrowser:
    """Server as a process, page in Chromium under its Content-Security-Policy, the PIN in the real window."""

    @pytest.fixture
    def page(self, lab: Lab, place: Path, tmp_path: Path) -> Iterator[Page]:
        port = free_port()
        origin = f"http://localhost:{port}"
        command: list[str | Path] = ["env", "-C", place, "PYTHONUNBUFFERED=1", sys.executable]
        command += ["signing.py", origin, "authority.cer", str(port)]
        with (
            running(command, ready="======== Running on", log=tmp_path / "server.log"),
            stack.daemon(lab.folder, replace(lab, ports=PORTS).configuration(origin), lab.env),
            chromium(port, "granted", origin=origin) as browser,
        ):
            page = browser.new_page()
            page.goto(origin)
            yield page

    def test_cancel_then_login_then_signature(self, lab: Lab, page: Page) -> None:
        """The daemon's own sentence is on the page, and the button can be pressed again."""
        page.click("#login")
        lab.screen.wait_for_window()
        lab.screen.press("Escape")
        page.wait_for_selector("#login:enabled")
        assert "取り消されました" in page.inner_text("#result")
        lab.screen.wait_until_gone()
        press(lab, page, "#login", f"ログインしました：{subject(lab)}")
        press(lab, page, "#sign", f"署名を受け付けました：{subject(lab)}")


def press(lab: Lab, page: Page, button: str, shown: str) -> None:
    """Press, type the PIN into the window, and wait until the page shows exactly this."""
    page.click(button)
    lab.screen.wait_for_window()
    lab.screen.type_text(lab.pin)
    lab.screen.press("Return")
    page.wait_for_selector(f"{button}:enabled")
    assert page.inner_text("#result") == shown
    lab.screen.wait_until_gone()


def subject(lab: Lab) -> str:
    _, certificate = load(lab.sample.card, "authentication")
    return certificate.subject.rfc4514_string()
