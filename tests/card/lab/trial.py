"""One experiment: what is done, what the page and the person get, and how the next request goes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.card.lab.faults import Fault
from tests.card.lab.laboratory import HAPPENS_S, PIN, Lab, session_site
from tests.card.lab.outcomes import assert_error
from tests.e2e.contract_client import Client, connected, decoded

NOTHING = "何も変わらない / nothing changes"
PIN_AGAIN = "もう一度PIN番号の窓が開く / the PIN is asked for again"


@dataclass(slots=True, kw_only=True)
class Trial:
    """One experiment: what is done, what is seen, and how the next request goes."""

    lab: Lab
    fault: Fault
    origin: str
    seen: list[str] = field(default_factory=list)
    has_recovered: bool = False
    remedied_at: float | None = None

    @asynccontextmanager
    async def page(self, *, has_session: bool = False, origin: str | None = None) -> AsyncIterator[Page]:
        """A page of the experiment's own site, connected to the daemon."""
        origin = origin or (session_site(self.origin) if has_session else self.origin)
        async with connected(self.lab.daemon.url, origin) as client:
            yield Page(trial=self, client=client, origin=origin)

    def control(self, command: str, **operands: Any) -> None:
        """An order to the virtual card; see cardbridge_card.orders."""
        self.lab.stack.control(command, **operands)

    async def window(self) -> None:
        """Until a window is on the screen and takes input."""
        await asyncio.to_thread(self.lab.screen.wait_for_window)

    async def window_gone(self) -> None:
        await asyncio.to_thread(self.lab.screen.wait_until_gone)

    async def type(self, text: str) -> None:
        await asyncio.to_thread(self.lab.screen.type_text, text)

    async def press_when_ready(self, key: str) -> None:
        """When the window that has just been seen takes input."""
        await self.window()
        await self.press(key)

    async def close_window(self, key: str) -> None:
        """By this key, which the window that has just been seen may not take yet."""
        await asyncio.to_thread(self.lab.screen.close_window, key)

    async def press(self, key: str) -> None:
        await asyncio.to_thread(self.lab.screen.press, key)

    async def pin_window(self) -> None:
        """Until a window asks for the PIN and takes input; it may have asked for a card before."""
        assert await self.happens(lambda: self.lab.eyes.reads("PIN番号")), f"no PIN field: {self.picture()}"
        await self.window()

    async def enter(self, pin: str = PIN) -> None:
        """The PIN into the window that is coming, and Enter."""
        await self.pin_window()
        await self.type(pin)
        await self.press("Return")

    async def sees(self, text: str) -> None:
        """Until the window says `text`, word for word; noted as what the user sees."""
        assert await self.happens(lambda: self.lab.eyes.reads(text)), f"{text}: not in {self.picture()}"
        self.note(f"窓: {text}")

    def picture(self) -> Path:
        """What the screen shows now, for whoever looks into a failure."""
        path = self.lab.folder / f"{self.fault.name}.png"
        self.lab.eyes.picture(path)
        return path

    async def happens(self, condition: Callable[[], bool]) -> bool:
        """Whether `condition` comes true at all."""
        deadline = time.monotonic() + HAPPENS_S
        while not await asyncio.to_thread(condition):
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    def remedied(self) -> None:
        """The cause is gone: recovery counts from here on, not from the next request."""
        self.remedied_at = time.monotonic()

    def note(self, sight: str) -> None:
        """Into the table, once."""
        if sight not in self.seen:
            self.seen.append(sight)


@dataclass(slots=True, kw_only=True)
class Page:
    """A portal's page and what it asks for."""

    trial: Trial
    client: Client
    origin: str
    nonce: str = ""

    async def ask(self, method: str = "auth.getToken", **params: Any) -> int:
        """Sends the request; the page waits with `fails` or `succeeds`."""
        if method == "auth.getToken":
            self.nonce = base64.b64encode(secrets.token_bytes(33)).decode()
            params |= {"challengeNonce": self.nonce}
        return await self.client.send(method, **params)

    async def gets_token(self) -> None:
        """`auth.getToken` with the right PIN in its window."""
        request = await self.ask()
        await self.trial.enter()
        await self.succeeds(request)

    async def ask_to_sign(self, count: int = 1) -> int:
        """`sign.documents` with so many small texts."""
        content = base64.b64encode("入札書\n金額：1,000,000円\n".encode()).decode()
        documents = [
            {"name": f"入札書{number}.txt", "mediaType": "text/plain; charset=utf-8", "content": content}
            for number in range(1, count + 1)
        ]
        return await self.client.send("sign.documents", documents=documents, format="cades")

    async def fails(self, request: int, reason: str, **data: Any) -> None:
        """The request ends with exactly this error, noted as what the user sees, and no window is left."""
        self.check(await self._response(request), reason, **data)
        await self.trial.window_gone()

    def check(self, response: dict[str, Any], reason: str, **data: Any) -> None:
        """The response is exactly this error."""
        self.trial.note(f"`{reason}` {assert_error(response, reason, data)}")

    async def succeeds(self, request: int) -> dict[str, Any]:
        """The request's result; a token's signature is checked with its certificate."""
        response = await self._response(request)
        assert "result" in response, response
        result: dict[str, Any] = response["result"]
        if "token" in result:
            self._verify(result["token"])
        return result

    async def _response(self, request: int) -> dict[str, Any]:
        try:
            async with asyncio.timeout(HAPPENS_S):
                return await self.client.response(request)
        except TimeoutError:
            raise AssertionError(f"no answer; the screen: {self.trial.picture()}") from None

    async def progress(self, request: int, state: str, *, done: int | None = None) -> None:
        """Until the daemon says that the request stands there."""
        wanted = {"id": request, "state": state} | ({} if done is None else {"done": done})
        while not any(wanted.items() <= note["params"].items() for note in self._progress()):
            await self._hear()

    def _progress(self) -> list[dict[str, Any]]:
        return [note for note in self.client.notifications if note["method"] == "$/progress"]

    async def _hear(self) -> None:
        message = await self.client.socket.receive_json(timeout=HAPPENS_S)
        assert "method" in message, f"answered before that: {message}"
        self.client.notifications.append(message)

    async def recovers(self) -> None:
        """The next `auth.getToken` works, with the right PIN in a fresh window; the time is noted."""
        trial = self.trial
        began = trial.remedied_at or time.monotonic()
        await self.gets_token()
        await trial.window_gone()
        trial.has_recovered = True
        trial.lab.record.add(trial.fault, trial.seen, time.monotonic() - began)

    def _verify(self, token: dict[str, Any]) -> None:
        """Web eID's rule: RS256 over H(origin) ‖ H(nonce)."""
        certificate = x509.load_der_x509_certificate(decoded(token["unverifiedCertificate"]))
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey) and token["algorithm"] == "RS256"
        parts = (hashlib.sha256(text.encode()).digest() for text in (self.origin, self.nonce))
        key.verify(decoded(token["signature"]), b"".join(parts), padding.PKCS1v15(), hashes.SHA256())
