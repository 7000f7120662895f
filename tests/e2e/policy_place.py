"""A page on the public network, a WebSocket on this computer, a browser with policies from a folder.

The folder lies over /etc in a mount namespace, so that no other browser here sees it.
"""

from __future__ import annotations

import asyncio
import shlex
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from cardbridge_demo.tls import make_certificate
from tests.e2e.marionette import firefox

NAME = "policy-proof.example.jp"
_ASKED = """const [port, done] = arguments;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    socket.onmessage = event => done(event.data);
    socket.onclose = event => done(String(event.code));
    socket.onerror = event => done("error");
    setInterval(() => { if (socket.readyState === 0) done("waits"); }, 5000);
"""
_PANEL = "arguments[0](PopupNotifications._currentNotifications.map(each => each.id))"


def missing_namespace(folder: Path) -> str | None:
    """Why nothing can be laid over /etc for one process here, or None."""
    tried = subprocess.run(
        [in_namespace(folder / "tried", "/bin/true", folder)], capture_output=True, text=True, check=False
    )
    return None if tried.returncode == 0 else tried.stderr.strip() or "unshare failed"


def in_namespace(script: Path, program: str, etc: Path) -> Path:
    """An executable `script` that runs `program` with what is in `etc` laid over /etc, read only."""
    mount = f"mount -t overlay -o lowerdir={shlex.quote(str(etc))}:/etc none /etc"
    script.write_text(f'#!/bin/sh\nexec unshare -m sh -c \'{mount} && exec "$@"\' sh {program} "$@"\n')
    script.chmod(0o755)
    return script


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """The ports of a page over TLS and of a WebSocket that says ``hello``."""
    certificate, key = make_certificate(folder, NAME)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        started = asyncio.run_coroutine_threadsafe(_start(context), loop)
        runner, ports = started.result(30)
        yield ports
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def firefox_asks(program: Path, profile: Path) -> bool:
    """Whether a Firefox that has been told to ask (`network.lna…`) asks of the site's WebSocket.

    ESR 153 asks of other requests to this computer, of WebSockets only with the preference below.

    Args:
        profile: a new folder.
    """
    with served(profile.parent) as (port, socket):
        preferences = {
            "network.dns.localDomains": NAME,
            "network.lna.address_space.public.override": f"127.0.0.1:{port}",
            "network.lna.websocket.enabled": True,
        }
        with firefox(program, profile, preferences) as session:
            session("WebDriver:Navigate", url=f"https://{NAME}:{port}/")
            said = session.script(_ASKED, socket)
            session("Marionette:SetContext", value="chrome")
            panels = session.script(_PANEL)
    assert (said, panels) in (("hello", []), ("waits", ["loopback-network"]))
    return bool(panels)


async def _start(context: ssl.SSLContext) -> tuple[web.AppRunner, tuple[int, int]]:
    app = web.Application()
    app.router.add_get("/", _page)
    app.router.add_get("/ws", _hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    page, socket = (int(address[1]) for address in runner.addresses)
    return runner, (page, socket)


async def _page(request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>page</title>", content_type="text/html")


async def _hello(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str("hello")
    await socket.close()
    return socket
