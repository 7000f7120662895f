"""The reference for uploads: thirty lines of aiohttp that hash binary frames. No limits at all."""

from __future__ import annotations

import asyncio
import hashlib
import sys

from aiohttp import WSMsgType, web


async def hash_frames(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    digest = hashlib.sha256()
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            digest.update(message.data)
        else:
            await socket.send_str(digest.hexdigest())
            digest = hashlib.sha256()
    return socket


async def main() -> None:
    app = web.Application()
    app.router.add_get("/", hash_frames)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", int(sys.argv[1]))
    await site.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main())
