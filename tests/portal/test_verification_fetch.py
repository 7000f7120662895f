"""verification/fetch.py: where the portal lets itself be sent, and how much it takes from there."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from cardbridge_portal.verification import Network, VerificationError
from cardbridge_portal.verification.fetch import NetworkFetch, require_address

LOOPBACK = ip_network("127.0.0.0/8")


@asynccontextmanager
async def server(handler: Any) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def reason(address: str, **values: Any) -> str:
    """'' when it was fetched."""
    limit = values.pop("max_bytes", 1000)
    try:
        await NetworkFetch(Network(**values))(address, body=None, max_bytes=limit)
    except VerificationError as error:
        return error.reason
    return ""


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://127.8.9.10:8080/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://[ff02::1]/",
        "ftp://ocsp.example.jp/",
        "file:///etc/passwd",
        "ldap://ocsp.example.jp/cn=a",
        "//ocsp.example.jp/",
        "ocsp.example.jp",
        "http://user:secret@ocsp.example.jp/",
        "http://user@ocsp.example.jp/",
        "http:///nothing",
        "http://[::1",
        "",
    ],
)
def test_refused_addresses(address: str) -> None:
    with pytest.raises(VerificationError) as caught:
        require_address(address, Network())
    assert caught.value.reason == "revocationAddressRefused"


@pytest.mark.parametrize(
    "address", ["http://ocsp.example.jp/", "https://8.8.8.8/ocsp", "http://[2606:4700::1111]:8080/"]
)
def test_public_addresses(address: str) -> None:
    assert str(require_address(address, Network())) == address


def test_allowed_networks() -> None:
    network = Network(allowed=(ip_network("10.1.2.0/24"), ip_network("fd00::/8")))
    for address in ("http://10.1.2.3/", "http://[fd00::1]/", "http://[::ffff:10.1.2.3]/"):
        require_address(address, network)
    for address in ("http://10.1.3.3/", "http://127.0.0.1/", "http://[fe80::1]/"):
        with pytest.raises(VerificationError):
            require_address(address, network)


async def test_name_of_a_private_address() -> None:
    """A public name that leads into the portal's own network: judged after it was resolved."""
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=b"x")

    async with server(handler) as address:
        named = address.replace("127.0.0.1", "localhost")
        assert await reason(named) == "revocationAddressRefused" and asked == []
        assert await reason(named, allowed=(LOOPBACK, ip_network("::1/128"))) == "" and asked == ["/"]


async def test_name_that_changes_its_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: resolved once, and one private answer among public ones is enough to refuse."""
    answers = [["93.184.216.34", "127.0.0.1"], ["127.0.0.1"]]
    asked: list[str] = []

    async def resolve(self: Any, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        asked.append(host)
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in answers[len(asked) - 1]
        ]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    for _ in answers:
        assert await reason("http://rebinding.example.jp/") == "revocationAddressRefused"
    assert asked == ["rebinding.example.jp"] * 2


@pytest.mark.parametrize(
    "address", ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/"]
)
async def test_odd_spellings_of_loopback(address: str) -> None:
    """inet_aton's: refused as an address or as a name, and never connected to."""
    assert await reason(address) in {"revocationAddressRefused", "revocationUnreachable"}

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"x")

    async with server(handler) as running:
        port = running.rsplit(":", 1)[1]
        assert await reason(address.rstrip("/") + ":" + port) != ""


async def test_redirects_are_not_followed() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with server(handler) as address:
        assert await reason(address, allowed=(LOOPBACK,)) == "revocationUnreachable" and asked == ["/"]


async def test_nothing_of_the_portals_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the environment, no cookie, no compression asked for."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    seen: list[dict[str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        return web.Response(body=b"x", headers={"Set-Cookie": "a=b"})

    async with server(handler) as address:
        for _ in range(2):
            assert await reason(address, allowed=(LOOPBACK,)) == ""
    assert all("Cookie" not in headers and headers["Accept-Encoding"] == "identity" for headers in seen)


async def test_size_limit_without_a_length() -> None:
    """An endless answer is cut at the limit; compressed data is not inflated."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        while True:
            await response.write(bytes(65536))
            sent += 65536

    async with server(endless) as address:
        assert await reason(address, allowed=(LOOPBACK,), max_bytes=100_000) == "revocationUnreachable"
    assert sent < 50_000_000


async def test_time_limit() -> None:
    """A drip of bytes does not keep the portal waiting."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    async with server(drip) as address:
        assert await reason(address, allowed=(LOOPBACK,), timeout_s=0.5) == "revocationUnreachable"


async def test_broken_answers() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(garbage, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        for scheme in ("http", "https"):
            address = f"{scheme}://127.0.0.1:{port}/"
            assert await reason(address, allowed=(LOOPBACK,)) == "revocationUnreachable"
