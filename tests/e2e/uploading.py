"""Sending a file in binary frames, as the published contract says, and the daemon's memory meanwhile."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.e2e.contract_client import Client


async def begin(client: Client, size: int, digest: str) -> dict[str, Any]:
    response = await client.call("upload.begin", sizeBytes=size, sha256=digest)
    result: dict[str, Any] = response["result"]
    return result


async def send_bytes(client: Client, begun: dict[str, Any], file: Path) -> None:
    """All of the file, in chunks, waiting for credit."""
    credit = begun["creditBytes"]
    with file.open("rb") as source:
        while chunk := source.read(begun["chunkBytes"]):
            while credit < len(chunk):
                credit += await _credit(client, begun["upload"])
            await client.socket.send_bytes(chunk)
            credit -= len(chunk)


async def _credit(client: Client, upload: str) -> int:
    while True:
        message = json.loads(await client.socket.receive_str(timeout=60))
        if message.get("method") == "upload.credit" and message["params"]["upload"] == upload:
            granted: int = message["params"]["creditBytes"]
            return granted
        client.notifications.append(message)


async def upload(client: Client, file: Path) -> str:
    """The id of the finished upload."""
    digest, size = digest_of(file), _size(file)
    begun = await begin(client, size, digest)
    await send_bytes(client, begun, file)
    ended = await client.call("upload.end", upload=begun["upload"])
    assert ended["result"] == {"sizeBytes": size, "sha256": digest}
    id: str = begun["upload"]
    return id


def _size(file: Path) -> int:
    return file.stat().st_size


def digest_of(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def write_file(path: Path, mebibytes: int) -> Path:
    """Bytes that repeat nowhere near."""
    with path.open("wb") as target:
        for number in range(mebibytes):
            target.write(hashlib.shake_128(str(number).encode()).digest(1024 * 1024))
    return path


class PeakMemory:
    """The highest resident size of a process from here on, over what it has now (proc(5), clear_refs)."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._before = self._mib("VmRSS")

    def grown_mib(self) -> float:
        return self._mib("VmHWM") - self._before

    def _mib(self, name: str) -> float:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith(name + ":"))
        return int(line.split()[1]) / 1024
