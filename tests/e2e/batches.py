"""Batches of documents, and how far they are."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from cardbridge_demo.desktop import Desktop
from tests.e2e.contract_client import Client


def document(number: int, size: int = 0) -> dict[str, str]:
    content = f"図面 {number}\n".encode() + b"x" * size
    return {
        "name": f"図面{number}.txt",
        "mediaType": "text/plain",
        "content": base64.b64encode(content).decode(),
    }


def last_done(client: Client) -> int:
    """How far the request is, as far as the client has read."""
    states = [n["params"] for n in client.notifications if n["method"] == "$/progress"]
    return max((state.get("done", 0) for state in states), default=0)


async def until_done(client: Client, done: int) -> None:
    """Until so many are signed; the answer must not come first."""
    while last_done(client) < done:
        message: dict[str, Any] = json.loads(await client.socket.receive_str(timeout=60))
        assert message.get("method") == "$/progress", message
        client.notifications.append(message)


async def escape_until_answered(screen: Desktop, client: Client, id: int) -> dict[str, Any]:
    """Press Escape until the request is answered: a screen takes no key in its first half second."""
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(client.response(id))
        while not answer.done():
            await asyncio.to_thread(screen.press, "Escape")
            await asyncio.wait([answer], timeout=0.3)
    return answer.result()
