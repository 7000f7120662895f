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

from cardbridge_demo.ports import free_port
from tests.bench.figures import Figures, Rounds
from tests.bench.place import Place
from tests.bench.processes import pss_mib
from tests.card.workplace import ORIGIN
from tests.e2e.contract_client import Client, connected

SIZES_KIB = {1: 60, 64: 60, 1024: 40, 16 * 1024: 12, 64 * 1024: 6, 256 * 1024: 4}
"""Sizes, and how often each is sent."""

CHUNK_BYTES = 1024 * 1024
_LOOK_S = 0.02
LARGEST = "upload, 256 MiB"
FLAT = "the daemon's memory with 256 MiB over that with 16 MiB"


async def uploads(place: Place) -> list[Figures]:
    """Rates by size, and how far the daemon's PSS rises over idle."""
    figures = []
    rises: dict[int, float] = {}
    with place.daemon() as daemon, _thirty_lines() as url:
        async with (
            connected(daemon.url, ORIGIN) as client,
            aiohttp.ClientSession() as http,
            http.ws_connect(url, compress=0, max_msg_size=0) as reference,
        ):
            idle = pss_mib(daemon.pid)
            for size, times in SIZES_KIB.items():
                document = in_chunks(size)
                digest = hashlib.sha256(b"".join(document)).hexdigest()
                rates = Rounds("MiB/s", more_is_better=True)
                for _ in range(times):
                    rates.add("theirs", [size / 1024 / await _to_thirty_lines(reference, document, digest)])
                    rates.add("ours", [size / 1024 / await _to_daemon(client, document, digest)])
                async with asyncio.TaskGroup() as group:
                    work = group.create_task(_to_daemon(client, document, digest))
                    rises[size] = await _peak(daemon.pid, work) - idle
                base = rates.figures(
                    "theirs", told_as=f"thirty lines of aiohttp that hash frames, {told(size)}"
                )
                rise = Figures(
                    what=f"daemon's PSS over idle, {told(size)}", unit="MiB", samples=(rises[size],)
                )
                figures += [base, rates.figures("ours", base, told_as=f"upload, {told(size)}"), rise]
    flat = rises[256 * 1024] - rises[16 * 1024]
    return [*figures, Figures(what=FLAT, unit="MiB", samples=(flat,))]


def in_chunks(size_kib: int) -> list[bytes]:
    """A document of this size, as its upload sends it."""
    size = size_kib * 1024
    return [
        bytes([number % 251]) * min(CHUNK_BYTES, size - number * CHUNK_BYTES)
        for number in range(-(-size // CHUNK_BYTES))
    ]


def told(size_kib: int) -> str:
    return f"{size_kib // 1024} MiB" if size_kib >= 1024 else f"{size_kib} KiB"


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
    size = sum(map(len, document))
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
    command = [sys.executable, str(Path(__file__).with_name("references") / "hashing_aiohttp.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield f"ws://127.0.0.1:{port}/"
        finally:
            process.terminate()
