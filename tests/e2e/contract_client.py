"""A WebSocket client that knows nothing but the published contract; for the tests only."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp


class Client:
    """JSON-RPC over one socket; keeps what the daemon sent in between."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.notifications: list[dict[str, Any]] = []
        self._next_id = 0

    async def send(self, method: str, **params: Any) -> int:
        self._next_id += 1
        request = {"jsonrpc": "2.0", "id": self._next_id, "method": method, "params": params}
        await self.socket.send_str(json.dumps(request))
        return self._next_id

    async def response(self, id: int) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(await self.socket.receive_str(timeout=60))
            if message.get("id") == id:
                return message
            self.notifications.append(message)

    async def until(self, id: int, state: str) -> None:
        """Until the request `id` reports this progress; an answer that comes first fails the test."""
        while not any(_reports(n, id, state) for n in self.notifications):
            message: dict[str, Any] = json.loads(await self.socket.receive_str(timeout=60))
            assert message.get("id") != id, message
            self.notifications.append(message)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole response: `result` or `error` is in it."""
        return await self.response(await self.send(method, **params))


@asynccontextmanager
async def connected(url: str, origin: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url, protocols=["cardbridge.v1"], headers={"Origin": origin}) as socket:
            client = Client(socket)
            hello = json.loads(await socket.receive_str(timeout=60))
            assert hello["method"] == "bridge.hello"
            assert hello["params"]["protocol"] == 1
            yield client


def _reports(message: dict[str, Any], id: int, state: str) -> bool:
    params = message.get("params", {})
    return bool(message["method"] == "$/progress" and params["id"] == id and params["state"] == state)


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
