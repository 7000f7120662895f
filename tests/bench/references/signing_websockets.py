"""Thirty lines of websockets and python-pkcs11 that sign for whoever asks: no safety at all."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
from typing import Any

import pkcs11
from websockets.asyncio.server import ServerConnection, serve

PIN = sys.stdin.readline().strip()
KEYS: list[Any] = []


def sign(text: str) -> str:
    if not KEYS:
        session = next(iter(pkcs11.lib(sys.argv[1]).get_tokens())).open(user_pin=PIN)
        KEYS.append(next(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})))
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    digest = prefix + hashlib.sha256(text.encode()).digest()
    return base64.b64encode(KEYS[0].sign(digest, mechanism=pkcs11.Mechanism.RSA_PKCS)).decode()


async def answer(socket: ServerConnection) -> None:
    async for message in socket:
        asked = json.loads(message)
        result = {"id": asked["id"], "result": {"signature": sign(asked["params"]["nonce"])}}
        await socket.send(json.dumps(result))


async def main() -> None:
    async with serve(answer, "127.0.0.1", int(sys.argv[2]), compression=None, ping_interval=None):
        print("ready", flush=True)  # noqa: T201
        await asyncio.Event().wait()


asyncio.run(main())
