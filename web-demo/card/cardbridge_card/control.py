"""The live control: HTTP on loopback, for the command line and for the page.

Whoever can order here can only spoil a demonstration, but a web page must not be able to: every
order needs the token made at this start, in a header that no other origin can set; Host and Origin
must be the server's own.
"""

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from . import orders
from .station import OrderRefusedError, Station

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_ASSETS = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
_MAX_ORDER_BYTES = 4096


@asynccontextmanager
async def serving(station: Station, *, token: str, port: int) -> AsyncIterator[str]:
    """Runs the control on 127.0.0.1 (`port` 0: a free one); yields its origin."""
    guard = _Guard(token)
    application = web.Application(client_max_size=_MAX_ORDER_BYTES, middlewares=[guard.middleware])
    for path in _ASSETS:
        application.router.add_get(path, _asset)
    application.router.add_post("/control", _order_handler(station))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        guard.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield guard.origin
    finally:
        await runner.cleanup()


class _Guard:
    """Host, Origin, Sec-Fetch-Site, content type and token, before anything is read."""

    def __init__(self, token: str) -> None:
        self.origin = ""
        self._token = token

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            refused = self._refusal(request)
            response = web.Response(status=refused) if refused else await handler(request)
            response.headers.update(_HEADERS)
            return response

        return guarded

    def _refusal(self, request: web.Request) -> int | None:
        headers = request.headers
        if f"http://{headers.get('Host', '')}" != self.origin:
            return 421
        if headers.get("Origin", self.origin) != self.origin:
            return 403
        if request.path in _ASSETS:
            return None
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return 403
        presented = headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(presented.encode(), self._token.encode()):
            return 401
        return None if request.content_type == "application/json" else 415


def _order_handler(station: Station) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            order = json.loads(await request.read())
            if not isinstance(order, dict):
                raise OrderRefusedError("JSONオブジェクトが必要です。")
            return web.json_response(await orders.execute(station, order))
        except ValueError:
            return web.json_response({"error": "JSONではありません。"}, status=400)
        except OrderRefusedError as error:
            return web.json_response({"error": str(error)}, status=409)

    return handle


async def _asset(request: web.Request) -> web.StreamResponse:
    name, content_type = _ASSETS[request.path]
    text = resources.files(__package__).joinpath("page", name).read_text("utf-8")
    return web.Response(text=text, content_type=content_type, charset="utf-8")
