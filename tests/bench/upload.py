"""A document in binary frames: the daemon beside thirty lines of aiohttp that hash the same frames.

The two take turns, so that a disturbance of the machine meets both; only the rate within a pair is compared.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from cardbridge_demo.tour import free_port
from tests.bench.figures import Figures
from tests.bench.idle import pss_mib
from tests.bench.place import Place
from tests.card.workplace import ORIGIN
from tests.e2e.contract_client import Client, connected

SIZES_MIB = {1: 40, 16: 12, 64: 6, 256: 3}
"""Sizes, and how often each is sent."""

CHUNK_BYTES = 1024 * 1024
_LOOK_S = 0.02


async def uploads(place: Place) -> list[Figures]:
    """Rates by size, and how far the daemon's PSS rises over idle."""
    figures = []
    with place.workplace.daemon() as daemon, _thirty_lines() as url:
        async with (
            connected(daemon.url, ORIGIN) as client,
            aiohttp.ClientSession() as http,
            http.ws_connect(url, compress=0, max_msg_size=0) as reference,
        ):
            idle = pss_mib(daemon.pid)
            for size, times in SIZES_MIB.items():
                document = [bytes([number % 251]) * CHUNK_BYTES for number in range(size)]
                digest = hashlib.sha256(b"".join(document)).hexdigest()
                theirs, ours = [], []
                for _ in range(times):
                    theirs.append(size / await _to_thirty_lines(reference, document, digest))
                    ours.append(size / await _to_daemon(client, document, digest))
                async with asyncio.TaskGroup() as group:
                    work = group.create_task(_to_daemon(client, document, digest))
                    peak = await _peak(daemon.pid, work)
                base = Figures(what=f"thirty lines, {size} MiB", unit="MiB/s", samples=tuple(theirs))
                figures += [
                    base,
                    Figures(what=f"upload, {size} MiB", unit="MiB/s", samples=tuple(ours), reference=base),
                    Figures(what=f"daemon's PSS over idle, {size} MiB", unit="MiB", samples=(peak - idle,)),
                ]
    return figures


async def _to_thirty_lines(
    socket: aiohttp.ClientWebSocketResponse, document: list[bytes], digest: str
) -> float:
    before = time.perf_counter()
    for chunk in document:
        await socket.send_bytes(chunk)
    await socket.send_str("")
    assert await socket.receive_str() == digest
    return time.perf_counter() - before


async def _to_daemon(client: Client, document: list[bytes], digest: str) -> float:
    size = len(document) * CHUNK_BYTES
    before = time.perf_counter()
    begun = (await client.call("upload.begin", sizeBytes=size, sha256=digest))["result"]
    assert begun["chunkBytes"] == CHUNK_BYTES
    credit = begun["creditBytes"]
    for chunk in document:
        while credit < len(chunk):
            message = json.loads(await client.socket.receive_str())
            assert message["method"] == "upload.credit"
            credit += message["params"]["creditBytes"]
        await client.socket.send_bytes(chunk)
        credit -= len(chunk)
    assert "result" in await client.call("upload.end", upload=begun["upload"])
    took = time.perf_counter() - before
    await client.call("upload.cancel", upload=begun["upload"])
    client.notifications.clear()
    return took


async def _peak(pid: int, until: asyncio.Task[float]) -> float:
    """The highest PSS meanwhile. To look takes time: the rate is measured by itself."""
    highest = pss_mib(pid)
    while not until.done():
        highest = max(highest, await asyncio.to_thread(pss_mib, pid))
        await asyncio.wait([until], timeout=_LOOK_S)
    return highest


@contextmanager
def _thirty_lines() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("thirty_lines.py")), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield f"ws://127.0.0.1:{port}/"
        finally:
            process.terminate()
