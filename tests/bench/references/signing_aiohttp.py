"""Thirty lines of aiohttp and python-pkcs11 that sign for whoever asks: no safety at all."""

from __future__ import annotations

import base64
import hashlib
import sys
from typing import Any

import pkcs11
from aiohttp import web

PIN = sys.stdin.readline().strip()
KEYS: list[Any] = []


def sign(text: str) -> str:
    if not KEYS:
        session = next(iter(pkcs11.lib(sys.argv[1]).get_tokens())).open(user_pin=PIN)
        KEYS.append(next(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})))
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    digest = prefix + hashlib.sha256(text.encode()).digest()
    return base64.b64encode(KEYS[0].sign(digest, mechanism=pkcs11.Mechanism.RSA_PKCS)).decode()


async def serve(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        asked = message.json()
        await socket.send_json({"id": asked["id"], "result": {"signature": sign(asked["params"]["nonce"])}})
    return socket


app = web.Application()
app.router.add_get("/v1", serve)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), print=lambda _: print("ready", flush=True))  # noqa: T201
