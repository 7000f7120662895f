"""The portal's pages as a clerk's browser asks for them, over HTTP from a portal of its own process.

The card's own work (token and signature) is made beforehand, and no time of it is counted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any, cast

from aiohttp import ClientSession, CookieJar
from yarl import URL

from cardbridge_demo import stack
from cardbridge_demo.ports import free_port
from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.portal.clerk import FORM, Clerk

REQUESTS, LOGINS = 40, 15
PAGES = {
    "the first page": "",
    "the menu": "menu",
    "the page before the PIN": "pin",
    "the page to log in": "login",
    "my page": "mypage",
    "a receipt": "receipts/{receipt}",
}


async def pages(place: Place) -> list[Figures]:
    """Milliseconds of each page, and of each step of a registration and a login."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    took: dict[str, list[float]] = defaultdict(list)
    with stack.portal(place.new_folder("pages"), origin, port) as portal:
        jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        async with ClientSession(origin, cookie_jar=jar) as session:
            for sample in portal.samples():
                fields = {name: str(value) for name, value in asdict(sample).items()}
                clerk = Clerk(client=cast(Any, session), origin=origin, sample=fields)
                receipt = await _register(clerk, took)
            for _ in range(LOGINS):
                await _log_in(clerk, took)
            for name, page in PAGES.items():
                for _ in range(REQUESTS):
                    await _timed(took, name, partial(clerk.get, page.format(receipt=receipt)))
    return [
        Figures(what=f"portal: {what}", unit="ms", samples=tuple(samples)) for what, samples in took.items()
    ]


async def _register(clerk: Clerk, took: dict[str, list[float]]) -> str:
    await clerk.enter()
    nonce = await clerk.nonce()
    body = {"step": "register", "token": clerk.token(nonce)}
    answer = await _timed(
        took, "registration: the token verified", lambda: clerk.post("api/authenticate", body)
    )
    await clerk.follow(answer)
    await _timed(took, "registration: the company looked up", clerk.find)
    await _timed(took, "registration: the form checked", lambda: clerk.submit("form", **FORM))
    seen = {"seen": clerk.seen()}
    answer = await _timed(
        took, "registration: the document to sign", lambda: clerk.post("api/document", seen)
    )
    transaction, document = await clerk.document()
    signature = await clerk.sign(document)
    answer = await _timed(
        took,
        "registration: the signature verified, all stored",
        lambda: clerk.complete(transaction, signature),
    )
    assert answer.status == 200, await answer.text()
    return str((await answer.json())["receipt"])


async def _log_in(clerk: Clerk, took: dict[str, list[float]]) -> None:
    await clerk.get("")
    await clerk.get("login")
    nonce = await clerk.nonce()
    body = {"step": "login", "token": clerk.token(nonce)}
    answer = await _timed(took, "login: the token verified", lambda: clerk.post("api/authenticate", body))
    await clerk.follow(answer)
    assert 'data-screen="mypage"' in clerk.text


async def _timed(took: dict[str, list[float]], what: str, act: Callable[[], Awaitable[Any]]) -> Any:
    before = time.perf_counter()
    answer = await act()
    await answer.read()
    took[what].append((time.perf_counter() - before) * 1000)
    assert answer.status == 200, (what, answer.status)
    return answer
