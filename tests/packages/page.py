"""Stands for a portal's page under wine: opens the WebSocket, sends its requests, prints what comes back.

Command line: port, origin, then for each request its method and its params as JSON. Each line of output is
ASCII JSON. It has to run under wine as well: the daemon asks wine's tables whose socket connects.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp

_LONGEST_S = 240


def say(message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def talk(port: str, origin: str, requests: list[str]) -> None:
    url = f"ws://127.0.0.1:{port}/v1"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, origin=origin, protocols=("cardbridge.v1",)) as socket,
    ):
        first = await socket.receive(_LONGEST_S)
        say({"closed": first.data} if first.type is aiohttp.WSMsgType.CLOSE else json.loads(first.data))
        for number, method in enumerate(requests[::2]):
            request = {"jsonrpc": "2.0", "id": number, "method": method}
            await socket.send_json({**request, "params": json.loads(requests[2 * number + 1])})
            while (answer := await socket.receive_json(timeout=_LONGEST_S)).get("id") != number:
                continue
            say(answer)


if __name__ == "__main__":
    try:
        asyncio.run(talk(sys.argv[1], sys.argv[2], sys.argv[3:]))
    except aiohttp.WSServerHandshakeError as error:
        say({"refused": error.status})
