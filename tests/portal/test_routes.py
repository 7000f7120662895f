"""Every route there is, from the application itself: who is let in, and by which request."""

import re
from collections.abc import Iterator, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cardbridge_portal.procuring.access import is_official_path
from tests.portal.clerk import Clerk
from tests.portal.conftest import MakeClerk

# Asked by programs, tells everybody the same; keeps a choice of language and nothing else.
WITHOUT_SESSION = {"/ocsp", "/language"}
# The entrance and the screen that reads the card.
OPEN_TO_CARDS = {"/authority", "/authority/", "/authority/card"}
CARD_ACTS = {"/authority/api/challenge", "/authority/api/authenticate", "/authority/api/continue"}
EXAMPLES = {
    "code": "462012",
    "receipt": "20260101-00000000",
    "screen": "pin",
    "act": "suspend",
    "part": "document",
    "list": "0" * 32,
    "id": "1",
}


def routes(server: TestServer, method: str) -> Iterator[str]:
    """An address of each route of a method."""
    assert isinstance(server.app, web.Application)
    for route in server.app.router.routes():
        assert route.resource is not None
        address = re.sub(r"\{(\w+)\}", lambda found: EXAMPLES[found[1]], route.resource.canonical)
        if route.method == method and not address.startswith(("/static", "/client")):
            yield address


async def post(clerk: Clerk, address: str, headers: Mapping[str, str]) -> int:
    data = None if "/api/" in address else {"language": "ja"}
    response = await clerk.client.post(
        address, data=data, json={} if data is None else None, headers=headers, allow_redirects=False
    )
    return response.status


async def test_there_are_routes_to_try(server: TestServer) -> None:
    assert len(set(routes(server, "POST"))) > 30 and len(set(routes(server, "GET"))) > 30


@pytest.mark.parametrize("entrance", ["/m/462012/", "/authority/"])
async def test_every_post_needs_the_csrf_token(clerk: Clerk, entrance: str) -> None:
    """From the portal's own origin, with a live session of either role."""
    await clerk.see(await clerk.client.get("/m/462012/"))
    await clerk.see(await clerk.client.get("/authority/"))
    await clerk.see(await clerk.client.get(entrance))
    server = clerk.client.server
    assert isinstance(server, TestServer)
    official = entrance == "/authority/"
    for address in set(routes(server, "POST")) - WITHOUT_SESSION:
        if is_official_path(address) != official:
            continue
        for token in ("", "wrong", "\u00e9\udcff"):
            headers = {"Origin": clerk.origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}
            assert await post(clerk, address, headers) == 403, (address, token)


async def test_every_post_is_of_the_portals_own_pages(clerk: Clerk) -> None:
    """Whatever the token: another site's request, or one that does not say whose it is, is refused."""
    await clerk.see(await clerk.client.get("/m/462012/"))
    server = clerk.client.server
    assert isinstance(server, TestServer)
    for address in set(routes(server, "POST")) - {"/ocsp"}:
        for sign in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": clerk.origin, "Sec-Fetch-Site": "same-site"},
            {},
        ):
            headers = {"X-CSRF-Token": clerk.csrf} | sign
            assert await post(clerk, address, headers) == 403, (address, sign)


async def test_every_post_needs_a_session(clerk: Clerk) -> None:
    server = clerk.client.server
    assert isinstance(server, TestServer)
    headers = {"Origin": clerk.origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": "x"}
    for address in set(routes(server, "POST")) - WITHOUT_SESSION:
        assert await post(clerk, address, headers) == 401, address


@pytest.mark.parametrize("who", ["nobody", "no card yet", "a company"])
async def test_every_authority_route_needs_an_official(
    clerk_for: MakeClerk, server: TestServer, who: str
) -> None:
    clerk = await clerk_for()
    if who == "a company":
        await clerk.until_confirm()
    elif who == "no card yet":
        await clerk.see(await clerk.client.get("/authority/"))
    for address in set(routes(server, "GET")):
        if is_official_path(address) and address not in OPEN_TO_CARDS:
            response = await clerk.client.get(address, allow_redirects=False)
            assert response.status == 401, address
    headers = {"Origin": clerk.origin, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": clerk.csrf}
    for address in set(routes(server, "POST")):
        if is_official_path(address) and not (who == "no card yet" and address in CARD_ACTS):
            assert await post(clerk, address, headers) == 401, address


async def test_an_officials_session_opens_no_companys_page(clerk: Clerk, server: TestServer) -> None:
    await clerk.see(await clerk.client.get("/authority/"))
    for address in set(routes(server, "GET")):
        if address.startswith("/m/") and not address.endswith(("462012/", "/prepare")):
            response = await clerk.client.get(address, allow_redirects=False)
            assert response.status == 401, address
