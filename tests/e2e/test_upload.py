"""Documents too large for a message: uploaded, shown by name and digest, signed, and judged by openssl."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from pathlib import Path

import aiohttp
import pytest

from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import connected, decoded
from tests.e2e.test_contract import openssl_accepts, type_pin, with_pin
from tests.e2e.uploading import PeakMemory, begin, digest_of, send_bytes, upload, write_file

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

FLAT_MIB = 64
"""How much the daemon may grow over idle (issue 4)."""


def pid_of(lab: Lab) -> int:
    pid: int = json.loads(next(lab.folder.rglob("runtime.json")).read_text())["pid"]
    return pid


def document(
    id: str, name: str = "図面一式.zip", media_type: str = "application/octet-stream"
) -> dict[str, str]:
    return {"name": name, "mediaType": media_type, "upload": id}


@pytest.mark.parametrize(
    "mebibytes", [64, pytest.param(256, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
async def test_signed_and_flat(lab: Lab, daemon: str, tmp_path: Path, mebibytes: int) -> None:
    file = write_file(tmp_path / "document", mebibytes)
    states = sorted(path for path in lab.folder.rglob("*") if path.is_file())
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        memory = PeakMemory(pid_of(lab))
        id = await upload(client, file)
        response = await with_pin(
            lab, client, "sign.documents", documents=[document(id)], format="cades", packaging="detached"
        )
        grown = memory.grown_mib()
        (made,) = response["result"]["signatures"]
        again = await client.call("sign.documents", documents=[document(id)], format="cades")
        assert again["error"]["data"]["member"] == "documents[0].upload", "signed once"
    assert grown < FLAT_MIB, f"the daemon grew by {grown:.0f} MiB"
    assert sorted(path for path in lab.folder.rglob("*") if path.is_file()) == states, "nothing on the disk"
    assert made["documentDigest"] == digest_of(file)
    signature, authority = tmp_path / "s.p7s", lab.portal.data / "authority" / "ca.crt.pem"
    signature.write_bytes(decoded(made["content"]))
    assert openssl_accepts(signature, authority, file)
    with file.open("r+b") as changed:
        changed.seek(mebibytes * 1024 * 1024 - 1)
        last = changed.read(1)
        changed.seek(-1, 2)
        changed.write(bytes([last[0] ^ 1]))
    assert not openssl_accepts(signature, authority, file)


async def test_uploads_and_contents_in_one_request(lab: Lab, daemon: str, tmp_path: Path) -> None:
    """In the order asked for, each with its own digest; a cancelled request leaves the upload."""
    file = write_file(tmp_path / "document", 1)
    inline = {"name": "入札書.txt", "mediaType": "text/plain", "content": "5YWl5pyt5pu4Cg=="}
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        id = await upload(client, file)
        documents = [inline, document(id), {**inline, "name": "b.txt"}]
        waiting = await client.send("sign.documents", documents=documents, format="cades")
        await client.until(waiting, "waitingForUser")
        await client.socket.send_json({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": waiting}})
        assert (await client.response(waiting))["error"]["data"]["reason"] == "userCancelled"
        response = await with_pin(lab, client, "sign.documents", documents=documents, format="cades")
    made = response["result"]["signatures"]
    digests = [hashlib.sha256("入札書\n".encode()).hexdigest(), digest_of(file)]
    assert [each["documentDigest"] for each in made] == [*digests, digests[0]]
    authority = lab.portal.data / "authority" / "ca.crt.pem"
    (tmp_path / "s.p7s").write_bytes(decoded(made[1]["content"]))
    assert openssl_accepts(tmp_path / "s.p7s", authority, file)


async def test_two_connections_at_once(daemon: str, tmp_path: Path) -> None:
    """Their frames do not mix, and a third connection is served meanwhile."""
    first, second = write_file(tmp_path / "a", 8), tmp_path / "b"
    second.write_bytes(bytes(reversed(first.read_bytes())))
    async with (
        connected(daemon, PUBLIC_ORIGIN) as one,
        connected(daemon, PUBLIC_ORIGIN) as two,
        connected(daemon, PUBLIC_ORIGIN) as asking,
    ):
        async with asyncio.TaskGroup() as group:
            group.create_task(upload(one, first))
            group.create_task(upload(two, second))
            for _ in range(20):
                assert "result" in await asking.call("bridge.info")


async def test_a_socket_that_closes_in_the_middle(lab: Lab, daemon: str, tmp_path: Path) -> None:
    """Of forty half-sent uploads nothing stays, no memory and no thread: the daemon serves on."""
    file = write_file(tmp_path / "document", 2)
    threads = Path(f"/proc/{pid_of(lab)}/task")
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        await upload(client, file)
        memory, before = PeakMemory(pid_of(lab)), len(os.listdir(threads))
        for _ in range(40):
            async with connected(daemon, PUBLIC_ORIGIN) as leaving:
                begun = await begin(leaving, 256 * 1024 * 1024, digest_of(file))
                await send_bytes(leaving, begun, file)
        await upload(client, file)
        assert memory.grown_mib() < FLAT_MIB
        assert len(os.listdir(threads)) < before + 20


async def test_while_the_window_is_open_another_document_may_come(
    lab: Lab, daemon: str, tmp_path: Path
) -> None:
    file = write_file(tmp_path / "document", 1)
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        id = await upload(client, file)
        waiting = await client.send("sign.documents", documents=[document(id)], format="cades")
        await client.until(waiting, "waitingForUser")
        await upload(client, file)
        await type_pin(lab)
        assert "result" in await client.response(waiting)


async def test_who_ignores_the_credit_only_waits(lab: Lab, daemon: str) -> None:
    """The daemon reads no faster than it hashes; what goes beyond the size closes the socket."""
    chunks, chunk = 150, bytes(1024 * 1024)
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        begun = await begin(client, chunks * len(chunk), "0" * 64)
        assert begun["chunkBytes"] == len(chunk)
        memory = PeakMemory(pid_of(lab))
        for _ in range(chunks):
            await client.socket.send_bytes(chunk)
        ended = await client.call("upload.end", upload=begun["upload"])
        assert ended["error"]["data"]["member"] == "sha256"
        assert memory.grown_mib() < FLAT_MIB
        begun = await begin(client, 1, "0" * 64)
        await client.socket.send_bytes(b"ab")
        assert (await client.socket.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE
        assert client.socket.close_code == 1003
