"""A clerk at the portal, over HTTP: goes from screen to screen as the pages' scripts do."""

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from tests.portal.signing import b64, load, make_cades, make_token

CONTACT = {
    "name": "総務部　契約係",
    "postal": "890-0001",
    "address": "鹿児島県鹿児島市見本町１－２－３",
    "person": "見本　太郎",
    "phone": "099-000-0000",
    "fax": "",
    "email": "keiyaku@example.jp",
}
FORM = {"department": "営業部"} | {f"{p}_{n}": v for p in ("contact", "unit") for n, v in CONTACT.items()}


@dataclass
class Clock:
    """The portal's clock in tests; `pass_s` moves it."""

    offset_s: float = 0

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def pass_s(self, seconds: float) -> None:
        self.offset_s += seconds


@dataclass
class Clerk:
    """One browser: its client (cookies) and the CSRF token of the page that it sees."""

    client: TestClient[Any, Any]
    origin: str
    sample: dict[str, str]
    csrf: str = ""
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"/m/{self.sample['municipality']}/"

    @property
    def card(self) -> Path:
        return Path(self.sample["card"])

    async def see(self, response: ClientResponse) -> ClientResponse:
        """Read a page: remember its text and CSRF token."""
        self.text = await response.text()
        found = re.search(r'<meta name="csrf" content="([^"]*)"', self.text)
        if found:
            self.csrf = found.group(1)
        return response

    async def get(self, page: str) -> ClientResponse:
        return await self.see(await self.client.get(self.base + page))

    async def submit(self, page: str, **values: str) -> ClientResponse:
        """Send a form as a browser does under Referrer-Policy no-referrer."""
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"} | self.headers
        return await self.see(
            await self.client.post(
                self.base + page,
                data={"csrf": self.csrf} | values,
                headers=headers,
            )
        )

    async def post(self, page: str, body: Any = None) -> ClientResponse:
        """Send JSON as the pages' scripts do."""
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": self.csrf}
        return await self.client.post(self.base + page, json=body or {}, headers=headers | self.headers)

    async def enter(self) -> None:
        await self.get("")
        await self.get("menu")
        await self.get("pin")

    async def nonce(self) -> str:
        response = await self.post("api/challenge")
        return str((await response.json())["nonce"])

    def token(self, nonce: str, **values: Any) -> dict[str, Any]:
        key, certificate = load(self.card, "authentication")
        return make_token(key, certificate, values.pop("origin", self.origin), nonce, **values)

    async def identify(self, step: str, card: Path | None = None) -> ClientResponse:
        """A token of the clerk's card, or of another one, for a step (identification.py)."""
        key, certificate = load(card or self.card, "authentication")
        token = make_token(key, certificate, self.origin, await self.nonce())
        return await self.post("api/authenticate", {"step": step, "token": token})

    async def follow(self, response: ClientResponse) -> None:
        """Go where a script is sent."""
        assert response.status == 200, await response.text()
        await self.see(await self.client.get((await response.json())["next"]))

    async def authenticate(self) -> None:
        """S0 to S4, with a token."""
        await self.enter()
        await self.follow(await self.identify("register"))

    async def find(self, number: str | None = None, name: str | None = None) -> ClientResponse:
        """S4: holder confirmed, number and name searched for."""
        await self.submit("holder")
        return await self.submit(
            "search",
            number=self.sample["number"] if number is None else number,
            name=self.sample["name"] if name is None else name,
        )

    async def until_confirm(self) -> None:
        """S0 to S6."""
        await self.authenticate()
        await self.find()
        await self.submit("form", **FORM)
        assert 'data-screen="S6"' in self.text

    def seen(self) -> str:
        """What the page on the screen says that it shows."""
        found = re.search(r'data-seen="(\w+)"', self.text)
        assert found, "the page shows nothing to sign"
        return found.group(1)

    async def document(self) -> tuple[str, bytes]:
        """The transaction and the bytes to sign."""
        response = await self.post("api/document", {"seen": self.seen()})
        assert response.status == 200, await response.text()
        answer = await response.json()
        return str(answer["transaction"]), base64.b64decode(answer["content"])

    async def sign(self, document: bytes, card: Path | None = None) -> str:
        return b64(await make_cades(*load(card or self.card, "signature"), document))

    async def complete(self, transaction: str, signature: str) -> ClientResponse:
        return await self.post("api/complete", {"transaction": transaction, "signature": signature})

    async def register(self) -> str:
        """S0 to S7; the receipt's number."""
        await self.until_confirm()
        return await self.sign_and_complete()

    async def sign_and_complete(self, card: Path | None = None) -> str:
        """From S6 or 電子証明書更新確認 to S7; the receipt's number."""
        transaction, document = await self.document()
        response = await self.complete(transaction, await self.sign(document, card))
        assert response.status == 200, await response.text()
        return str((await response.json())["receipt"])


def read_samples(data: Path) -> list[dict[str, str]]:
    """What the portal wrote at first start."""
    found: list[dict[str, str]] = json.loads((data / "samples.json").read_text("utf-8"))
    return found
