"""A FAKE of the daemon, for the portal's own browser tests: a scripted WebSocket server.

It signs at once with a DemoCard's key files, shows no window and asks for no PIN. The lead's
end-to-end test uses the real daemon; nothing here says how that one behaves.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.serialization import Encoding

from tests.portal.signing import b64, load, make_cades, make_token

READERS = [{"name": "見本ICカードリーダ", "state": "present"}]


@dataclass
class FakeDaemon:
    """What it answers: `errors` maps a method to (code, reason, data) for its next call.

    `asked` is what pages asked for, in order; `documents` what was signed. `protocol` is what it greets with.
    """

    card: Path
    port: int = 0
    errors: dict[str, tuple[int, str, dict[str, Any]]] = field(default_factory=dict)
    hang: set[str] = field(default_factory=set)
    refuse_site: bool = False
    protocol: int = 1
    documents: list[bytes] = field(default_factory=list)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    readers: list[dict[str, Any]] = field(default_factory=lambda: list(READERS))
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def drop(self) -> None:
        """End every connection, as a daemon does that restarts."""
        for socket in tuple(self.sockets):
            await socket.close(code=1012)

    async def plug(self, *readers: dict[str, Any]) -> None:
        """Readers come and go: every page hears of it."""
        self.readers = list(readers)
        change = {"jsonrpc": "2.0", "method": "readers.changed", "params": {"readers": self.readers}}
        for socket in tuple(self.sockets):
            with suppress(ConnectionResetError):  # a page that has just left
                await socket.send_json(change)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["cardbridge.v1"], max_msg_size=0)
        await socket.prepare(request)
        if self.refuse_site:
            await socket.close(code=4403)
            return socket
        hello = {"name": "cardbridge", "version": "0.0.0-fake", "protocol": self.protocol}
        await socket.send_json({"jsonrpc": "2.0", "method": "bridge.hello", "params": hello})
        self.sockets.add(socket)
        pending: dict[Any, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                call = json.loads(message.data)
                if call["method"] == "$/cancel":
                    if task := pending.pop(call["params"]["id"], None):
                        task.cancel()
                        await self._fail(socket, call["params"]["id"], -32002, "userCancelled", {})
                    continue
                origin = request.headers["Origin"]
                pending[call["id"]] = group.create_task(self._answer(socket, call, origin))
            for task in pending.values():
                task.cancel()
        self.sockets.discard(socket)
        return socket

    async def _answer(self, socket: web.WebSocketResponse, call: dict[str, Any], origin: str) -> None:
        method, params = call["method"], call.get("params") or {}
        self.asked.append((method, params))
        if method in self.hang:
            progress = {"id": call["id"], "state": "waitingForUser"}
            await socket.send_json({"jsonrpc": "2.0", "method": "$/progress", "params": progress})
            await asyncio.sleep(60)
        if method in self.errors:
            code, reason, data = self.errors.pop(method)
            await self._fail(socket, call["id"], code, reason, data)
            return
        result: Any = {}
        if method in {"readers.list", "readers.watch"}:
            result = {"readers": self.readers}
        elif method == "bridge.info":
            result = {"name": "cardbridge", "version": "0", "protocol": 1, "features": [], "locale": "ja"}
        elif method == "certificates.choose":
            _, certificate = load(self.card, "authentication")
            result = {"notAfter": certificate.not_valid_after_utc.isoformat()}
        elif method == "auth.getToken":
            key, certificate = load(self.card, "authentication")
            result = {"token": make_token(key, certificate, origin, params["challengeNonce"])}
        elif method == "sign.documents":
            result = await self._sign(params["documents"])
        await socket.send_json({"jsonrpc": "2.0", "id": call["id"], "result": result})

    async def _sign(self, documents: list[dict[str, str]]) -> dict[str, Any]:
        key, certificate = load(self.card, "signature")
        signatures = []
        for document in documents:
            content = base64.b64decode(document["content"])
            self.documents.append(content)
            signatures.append(
                {
                    "name": document["name"] + ".p7s",
                    "mediaType": "application/pkcs7-signature",
                    "content": b64(await make_cades(key, certificate, content)),
                    "documentDigest": hashlib.sha256(content).hexdigest(),
                }
            )
        der = certificate.public_bytes(Encoding.DER)
        return {"signatures": signatures, "certificate": {"certificate": b64(der)}}

    async def _fail(
        self, socket: web.WebSocketResponse, call: Any, code: int, reason: str, data: dict[str, Any]
    ) -> None:
        details = {"reason": reason, "userMessage": "（見本）", "retriable": True} | data
        error = {"code": code, "message": reason, "data": details}
        await socket.send_json({"jsonrpc": "2.0", "id": call, "error": error})


@asynccontextmanager
async def serve_fake(daemon: FakeDaemon) -> AsyncIterator[None]:
    """The fake on its port of 127.0.0.1."""
    app = web.Application()
    app.router.add_get("/v1", daemon.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", daemon.port).start()
    try:
        yield
    finally:
        await runner.cleanup()
