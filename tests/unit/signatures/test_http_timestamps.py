"""The way to the time-stamping authority: bounded in time and size, nothing followed, nothing unpacked."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.core.errors import TimeStampFailed
from bridge.core.settings import SiteSettings
from bridge.signatures import timestamp
from bridge.timestamps import MAX_ANSWER_BYTES, HttpTimeStamps
from cardbridge_demo.ports import free_port
from cardbridge_demo.tls import make_certificate
from tests.unit.signatures import tsa as tsa_module
from tests.unit.signatures.tsa import OpensslTsa

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REPLY = "application/timestamp-reply"


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/tsr", handler)
    async with TestServer(application) as running:
        yield str(running.make_url("/tsr"))


async def problem(handler: Handler, *, timeout_s: float = 20.0) -> str:
    async with server(handler) as url:
        with pytest.raises(TimeStampFailed) as failed:
            await HttpTimeStamps(timeout_s=timeout_s).ask(url, b"query")
    assert failed.value.data == {"driver": "127.0.0.1"}
    return failed.value.detail


async def test_request_and_answer() -> None:
    seen: list[tuple[str, str, bytes]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.content_type, await request.read()))
        assert "gzip" not in request.headers.get("Accept-Encoding", "")
        return web.Response(body=b"answer", content_type=REPLY)

    async with server(handler) as url:
        assert await HttpTimeStamps().ask(url, b"query") == b"answer"
    assert seen == [("POST", "application/timestamp-query", b"query")]


async def test_real_authority(tsa: OpensslTsa) -> None:
    async with tsa_module.serving(tsa) as requests:
        token = await timestamp.token(
            lambda query: HttpTimeStamps().ask(requests.url, query), b"data", "sha512"
        )
    assert tsa.accepts(token, b"data")
    assert requests.content_types == ["application/timestamp-query"]


@pytest.mark.parametrize("status", [204, 400, 401, 404, 500, 503])
async def test_status(status: int) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, body=None if status == 204 else b"x", content_type=REPLY)

    assert f"HTTP status {status}" in await problem(handler)


async def test_redirection_is_not_followed() -> None:
    followed = []

    async def elsewhere(request: web.Request) -> web.Response:
        followed.append(1)
        return web.Response(body=b"answer", content_type=REPLY)

    async with server(elsewhere) as target:

        async def handler(request: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect(target)

        assert "HTTP status 307" in await problem(handler)
    assert followed == []


async def test_media_type() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text="<html>login</html>", content_type="text/html")

    assert "media type" in await problem(handler)


async def test_large_answers() -> None:
    async def announced(request: web.Request) -> web.Response:
        return web.Response(body=bytes(MAX_ANSWER_BYTES + 1), content_type=REPLY)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": REPLY})
        await response.prepare(request)
        while True:
            await response.write(bytes(65536))

    assert "too large" in await problem(announced)
    assert "too large" in await problem(endless)


async def test_the_largest_answer_is_taken() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=bytes(MAX_ANSWER_BYTES), content_type=REPLY)

    async with server(handler) as url:
        assert len(await HttpTimeStamps().ask(url, b"q")) == MAX_ANSWER_BYTES


async def test_nothing_is_unpacked() -> None:
    """Packed although not asked for: the bytes come as they are, and are no time stamp then."""
    packed = gzip.compress(bytes(1_000_000))

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=packed, content_type=REPLY, headers={"Content-Encoding": "gzip"})

    async with server(handler) as url:
        assert await HttpTimeStamps().ask(url, b"q") == packed


async def test_silence() -> None:
    waiting = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await waiting.wait()
        return web.Response()

    async with server(handler) as url:
        with pytest.raises(TimeStampFailed) as failed:
            await HttpTimeStamps(timeout_s=0.3).ask(url, b"query")
        waiting.set()
    assert "no answer in time" in failed.value.detail


async def test_trickle() -> None:
    """The limit is for the whole answer."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": REPLY})
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    assert "no answer in time" in await problem(handler, timeout_s=0.5)


async def test_nobody_there() -> None:
    url = f"http://127.0.0.1:{free_port()}/tsr"
    with pytest.raises(TimeStampFailed):
        await HttpTimeStamps().ask(url, b"q")


async def test_not_http() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(TimeStampFailed):
            await HttpTimeStamps().ask(f"http://127.0.0.1:{port}/", b"q")


@asynccontextmanager
async def tls_server(certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"answer", content_type=REPLY)

    application = web.Application()
    application.router.add_post("/tsr", handler)
    running = TestServer(application, scheme="https", host="localhost")
    await running.start_server(ssl=context)
    try:
        yield str(running.make_url("/tsr"))
    finally:
        await running.close()


async def test_untrusted_certificate(tmp_path: Path) -> None:
    """https is checked against the system's authorities."""
    async with tls_server(make_certificate(tmp_path, "localhost")) as url:
        with pytest.raises(TimeStampFailed) as failed:
            await HttpTimeStamps().ask(url, b"q")
    assert "ClientConnectorCertificateError" in failed.value.detail


async def test_trusted_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's authorities as they are when one is asked, not when aiohttp was loaded."""
    certificate = make_certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with tls_server(certificate) as url:
        assert await HttpTimeStamps().ask(url, b"q") == b"answer"


def test_the_server_loads_aiohttp_without_authorities() -> None:
    """And leaves the variables as they were, for whoever makes a context later."""
    probe = (
        "import os; os.environ['SSL_CERT_FILE'] = '/a'; before = dict(os.environ)\n"
        "from bridge.server import load_aiohttp; load_aiohttp()\n"
        "from aiohttp import connector\n"
        "assert dict(os.environ) == before\n"
        "made = connector._SSL_CONTEXT_VERIFIED; print(len(made.get_ca_certs()), made.verify_mode)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", str(ssl.CERT_REQUIRED)]


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://tsa.example.jp/tsr", True),
        ("https://tsa.example.jp", True),
        ("https://tsa.example.jp:8443/a?b=1", True),
        ("http://127.0.0.1:8080/tsr", True),
        ("http://localhost/", True),
        ("http://tsa.example.jp/tsr", False),
        ("http://192.0.2.1/", False),
        ("https://user:secret@tsa.example.jp/", False),
        ("ftp://tsa.example.jp/", False),
        ("file:///etc/passwd", False),
        ("tsa.example.jp", False),
        ("https://tsa.example.jp/a b", False),
        ("https://tsa.example.jp/\r\nx", False),
        ("https://", False),
    ],
)
def test_addresses_in_the_configuration(url: str, is_taken: bool) -> None:
    if is_taken:
        assert SiteSettings(origin="https://ebid.example.jp", timestamp_url=url).timestamp_url == url
    else:
        with pytest.raises(ValueError, match="timestamp_url"):
            SiteSettings(origin="https://ebid.example.jp", timestamp_url=url)
