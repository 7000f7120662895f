"""What pages do that needs a card and a person: logins, signatures, uploads, registrations."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from yarl import URL

from tests.card.workplace import nonce
from tests.e2e.batches import document
from tests.e2e.contract_client import connected
from tests.e2e.test_formats import PDF_DOCUMENT, XML_DOCUMENT
from tests.e2e.uploading import upload
from tests.portal.clerk import FORM, Clerk, read_samples
from tests.soak.desk import EACH, PIN, SESSION, WRONG_PIN, Desk, Token
from tests.soak.ledger import PATIENCE_S, Ledger, Page, page

FORMS: tuple[tuple[str, str | None], ...] = (
    ("cades", None), ("cades", "detached"), ("cades", "enveloping"), ("xades", None), ("xades", "detached"),
    ("xades", "enveloping"), ("xades", "enveloped"), ("pades", None),
)  # fmt: skip


class Work:
    """Operations, one at a time; `step` is a random one."""

    def __init__(self, desk: Desk, url: str, ledger: Ledger, rng: random.Random) -> None:
        self._desk, self._url, self._ledger, self._rng = desk, url, ledger, rng
        self._registrations = [(portal, token) for portal in desk.portals for token in desk.tokens]
        self._kinds: tuple[tuple[Callable[[], Awaitable[None]], int], ...] = (
            (self.session, 22), (self.token, 16), (self.signature, 30), (self.uploaded, 8),
            (self.cancelled, 8), (self.vanishing, 10), (self.wrong_pin, 6), (self.several, 6),
            (self.registration, 4),
        )  # fmt: skip

    async def step(self) -> None:
        kinds, weights = zip(*self._kinds, strict=True)
        do = self._rng.choices(kinds, weights)[0]
        await do()
        await self._desk.reinsert()

    async def session(self) -> None:
        """The PIN once, then as many logins as the session lasts."""
        token = self._token()
        async with self._page(self._rng.choice(SESSION)) as opened:
            response = await self._approved(opened, "auth.getToken", **_login(token))
            while "result" in response and self._rng.random() < 0.95:
                asked = await opened.ask("auth.getToken", **_login(token))
                response = await self._approve(opened, asked)
            if self._rng.random() < 0.5:
                await opened.call("session.close")

    async def token(self) -> None:
        async with self._page() as opened:
            await self._approved(opened, "auth.getToken", **_login(self._token()))

    async def signature(self) -> None:
        async with self._page() as opened:
            await self._approved(opened, "sign.documents", **self._order())

    async def several(self) -> None:
        """Requests of several pages wait for their turn at the card."""
        async with self._page() as one, self._page() as other:
            asked = [
                await each.ask("auth.getToken", **_login(self._token())) for each in (one, other, one, other)
            ]
            await asyncio.gather(*(one.call("readers.list"), other.call("bridge.info")))
            for answer in asked:
                await self._approve(one, answer)

    async def wrong_pin(self) -> None:
        async with self._page() as opened:
            keys = self._rng.choice(((WRONG_PIN, "Escape"), (WRONG_PIN, PIN), ("Escape",)))
            asked = await opened.ask("card.verifyPin")
            await self._approve(opened, asked, keys)

    async def cancelled(self) -> None:
        async with self._page() as opened:
            asked = await opened.ask("auth.getToken", **_login(self._token()))
            await asyncio.wait([asked], timeout=self._rng.random() * 5)
            await opened.cancel_last()
            await asyncio.wait_for(asyncio.wait([asked]), PATIENCE_S)

    async def vanishing(self) -> None:
        """A page that is closed at some moment of its request; perhaps the person is just typing."""
        async with self._page() as opened:
            order = ("sign.documents", self._order()), ("auth.getToken", _login(self._token()))
            method, params = self._rng.choice(order)
            asked = await opened.ask(method, **params)
            hands = _task(self._desk.answer(asked, [PIN] * self._rng.randint(0, 1) or ["F9"]))
            await asyncio.wait([asked], timeout=self._rng.random() * 8)
            await opened.leave()
            await asyncio.wait([asked])
            await hands
            await asyncio.to_thread(self._desk.screen.wait_until_gone, 60)

    async def uploaded(self) -> None:
        """Through binary frames, then signed, or left lying."""
        file = self._desk.folder / "upload"
        file.write_bytes(self._rng.randbytes(self._rng.randint(1, 3 * 1024 * 1024)))
        async with connected(self._url, self._rng.choice(EACH)) as client:
            id = await upload(client, file)
            self._ledger.note("upload", "whole")
            if self._rng.random() < 0.5:
                self._ledger.note("upload", "left lying")
                return
            opened = Page(client.socket, self._ledger, last_id=100)
            listening = _task(opened.listen())
            order = [{"name": "図面一式.zip", "mediaType": "application/octet-stream", "upload": id}]
            await self._approved(
                opened, "sign.documents", documents=order, format="cades", packaging="detached"
            )
            await opened.leave()
            await listening

    async def registration(self) -> None:
        """利用者登録 at the demo portal: every screen, the token and the signature by the daemon."""
        if not self._registrations:
            return await self.signature()
        (server, data), token = self._registrations[0]
        origin = str(server.make_url("/")).rstrip("/")
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        client = TestClient(server, cookie_jar=jar)
        try:
            clerk = Clerk(client=client, origin=origin, sample=read_samples(data)[token.sample])
            async with self._page(origin) as opened:
                outcome = await self._registered(clerk, opened, token)
        finally:
            await client.session.close()
        self._ledger.note("registration at the portal", outcome)
        if outcome == "receipt":
            del self._registrations[0]

    async def _registered(self, clerk: Clerk, opened: Page, token: Token) -> str:
        await clerk.enter()
        login = _login(token) | {"challengeNonce": await clerk.nonce()}
        response = await self._approved(opened, "auth.getToken", **login)
        if "error" in response:
            return "given up: no token"
        body = {"step": "register", "token": response["result"]["token"]}
        await clerk.follow(await clerk.post("api/authenticate", body))
        await clerk.find()
        await clerk.submit("form", **FORM)
        answered = await clerk.post("api/document", {"seen": clerk.seen()})
        made = await answered.json()
        order = {"name": made["name"], "mediaType": made["mediaType"], "content": made["content"]}
        response = await self._approved(
            opened,
            "sign.documents",
            documents=[order],
            format="cades",
            packaging="detached",
            certificate=token.signature,
        )
        if "error" in response:
            return "given up: no signature"
        completed = await clerk.complete(made["transaction"], response["result"]["signatures"][0]["content"])
        if completed.status != 200:
            self._ledger.fault(f"the portal refuses a registration: {await completed.text()}")
            return "refused"
        return "receipt"

    def _token(self) -> Token:
        return self._rng.choice(self._desk.tokens)

    def _order(self) -> dict[str, Any]:
        form, packaging = self._rng.choice(FORMS)
        count = self._rng.choice((1, 1, 1, 2, 5, 12))
        if form == "cades":
            documents = [document(number, self._rng.randrange(20_000)) for number in range(count)]
        else:
            given = XML_DOCUMENT if form == "xades" else PDF_DOCUMENT
            documents = [{**given, "name": f"{number}-{given['name']}"} for number in range(count)]
        order = {"documents": documents, "format": form, "certificate": self._token().signature}
        return order if packaging is None else {**order, "packaging": packaging}

    async def _approved(self, opened: Page, method: str, **params: Any) -> dict[str, Any]:
        return await self._approve(opened, await opened.ask(method, **params))

    async def _approve(
        self, opened: Page, asked: asyncio.Future[dict[str, Any]], keys: Sequence[str] = (PIN,)
    ) -> dict[str, Any]:
        """The whole answer to a request, in whose windows `keys` are typed."""
        try:
            await asyncio.wait_for(self._desk.answer(asked, keys), PATIENCE_S)
        except TimeoutError:
            self._ledger.fault(f"no answer within {PATIENCE_S:.0f} s; states: {opened.states[-3:]}")
            return {"error": {}}
        return asked.result()

    @asynccontextmanager
    async def _page(self, origin: str | None = None) -> AsyncIterator[Page]:
        async with page(self._url, origin or self._rng.choice(EACH), self._ledger) as opened:
            yield opened


def _login(token: Token) -> dict[str, Any]:
    return {"challengeNonce": nonce(), "filter": {"thumbprints": [token.login]}}


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)
