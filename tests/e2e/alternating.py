"""A front for two portals: TLS ends here, and each request goes to the other one than the last.

`python -m tests.e2e.alternating PORT CERTIFICATE KEY BACKEND BACKEND …`, backends as ports of 127.0.0.1.
"""

import asyncio
import itertools
import ssl
import sys

from aiohttp import ClientSession, DummyCookieJar, web
from multidict import CIMultiDict

_HOP = ("Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Host")


def _kept(headers: "CIMultiDict[str]") -> "CIMultiDict[str]":
    for name in _HOP:
        headers.popall(name, None)
    return headers


def front(backends: list[int]) -> web.Application:
    """An application that passes every request on, in turn."""
    turns = itertools.cycle(backends)

    async def forward(request: web.Request) -> web.Response:
        address = f"http://127.0.0.1:{next(turns)}{request.raw_path}"
        async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as client:
            asked = client.request(
                request.method,
                address,
                headers=_kept(CIMultiDict(request.headers)),
                data=await request.read(),
                allow_redirects=False,
            )
            async with asked as answer:
                return web.Response(
                    status=answer.status,
                    body=await answer.read(),
                    headers=_kept(CIMultiDict(answer.headers)),
                )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", forward)
    return app


async def _serve(port: int, tls: ssl.SSLContext, backends: list[int]) -> None:
    runner = web.AppRunner(front(backends), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    sys.stdout.write("front ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main(arguments: list[str]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(arguments[1], arguments[2])
    asyncio.run(_serve(int(arguments[0]), tls, [int(each) for each in arguments[3:]]))


if __name__ == "__main__":
    main(sys.argv[1:])
