"""The audit log of the real daemon: what is in it after a day's work, and what never is."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.audit.reading import read
from bridge.core.audit import AuditRecord
from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import Client, connected
from tests.e2e.test_contract import nonce, type_pin, with_pin
from tests.unit.server.running import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

WRONG_PIN = "918273"
CONTACT = "Yamada-2"
NUMBER = "4620100012345"
NAME = f"利用者登録申請書_{NUMBER}.txt"
CONTENT = f"利用者登録番号：{NUMBER}\n商号：株式会社見本建設\n".encode()


def configuration(lab: Lab, folder: Path) -> Path:
    return stack.write_configuration(folder, PUBLIC_ORIGIN, lab.driver, ports=lab.ports)


def audit_folder(folder: Path) -> Path:
    return folder / "state" / "cardbridge" / "audit"


def cardbridge(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", "audit", *arguments],
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


async def gives_up(lab: Lab, client: Client) -> dict[str, Any]:
    """A wrong PIN, and then Escape."""
    id = await client.send("auth.getToken", challengeNonce=nonce(), contactField="optional")
    await type_pin(lab, WRONG_PIN)
    await asyncio.to_thread(lab.screen.press, "Escape")
    return await client.response(id)


async def with_contact(lab: Lab, client: Client) -> dict[str, Any]:
    id = await client.send("auth.getToken", challengeNonce=nonce(), contactField="optional")
    await asyncio.to_thread(lab.screen.wait_for_window)
    await asyncio.to_thread(lab.screen.press, "Tab")
    await asyncio.to_thread(lab.screen.type_text, CONTACT)
    await asyncio.to_thread(lab.screen.press, "shift+Tab")
    await type_pin(lab)
    return await client.response(id)


async def is_recorded_at_once(client: Client) -> None:
    """An operation without a window."""
    response = await client.call("sign.hash", certificate="AAAA", hash="00" * 32, hashFunction="SHA-256")
    assert response["error"]["data"]["reason"] == "originNotPermitted"


async def refused(url: str, origin: str) -> int | None:
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url, protocols=["cardbridge.v1"], headers={"Origin": origin}) as socket:
            await socket.receive(timeout=30)
            return socket.close_code


async def a_days_work(lab: Lab, url: str, config: Path) -> str:
    """How the first login ended: whether the card had answered before Escape is up to the machine."""
    document = {"name": NAME, "mediaType": f"text/plain; note={NUMBER}", "content": _base64(CONTENT)}
    odd = {"name": NAME, "mediaType": f"application/{NUMBER}", "content": _base64(CONTENT)}
    async with connected(url, PUBLIC_ORIGIN) as client:
        gave_up: str = (await gives_up(lab, client))["error"]["data"]["reason"]
        assert gave_up in ("pinIncorrect", "userCancelled")
        assert (await with_contact(lab, client))["result"]["contact"] == CONTACT
        signed = await with_pin(lab, client, "sign.documents", documents=[document, odd], format="cades")
        assert len(signed["result"]["signatures"]) == 2
        await is_recorded_at_once(client)
    assert await refused(url, "https://evil.example") == 4403
    with config.open("a", encoding="utf-8") as file:
        file.write('[[site]]\norigin = "https://second.example.jp"\n')
    async with connected(url, "https://second.example.jp") as client:
        await client.call("bridge.info")
    for number in range(50):
        assert await refused(url, f"https://{number}.evil.example") == 4403
    return gave_up


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def told(record: AuditRecord) -> tuple[str, str, str]:
    return record.what, record.result, record.origin.removeprefix("https://")


async def test_a_days_work(lab: Lab, tmp_path: Path) -> None:
    config = configuration(lab, tmp_path)
    with stack.daemon(tmp_path, config, lab.env) as url:
        gave_up = await a_days_work(lab, url, config)
    folder, site = audit_folder(tmp_path), PUBLIC_ORIGIN.removeprefix("https://")
    log = read(folder)
    assert log.report.is_whole
    assert [told(record) for record in log.records[:6]] == [
        ("authenticate", gave_up, site),
        ("authenticate", "ok", site),
        ("sign", "ok", site),
        ("signHash", "originNotPermitted", site),
        ("refused", "originNotPermitted", "evil.example"),
        ("siteAllowed", "ok", "second.example.jp"),
    ]
    assert 35 <= len(log.records) < 45, "a flood of made-up names fills nothing"
    documents = log.records[2].documents
    assert documents is not None and documents.media_types == ("other", "text/plain")
    assert documents.count == 2 and documents.size_bytes == 2 * len(CONTENT)
    login, signature = log.records[1].certificate, log.records[2].certificate
    assert login == log.records[0].certificate and login is not None and signature is not None
    assert login.common_name == signature.common_name and login.thumbprint != signature.thumbprint
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    nothing_secret(lab, tmp_path)


def nothing_secret(lab: Lab, folder: Path) -> None:
    """In no byte of the log, of what is written beside it, or of its export."""
    exported = cardbridge(folder, "export", "-")
    assert exported.returncode == 0
    content = exported.stdout.encode() + (folder / "daemon.log").read_bytes()
    content += b"".join(path.read_bytes() for path in (folder / "state").rglob("*") if path.is_file())
    without_hashes = re.sub(rb"[0-9a-f]{64}", b"", content)
    secrets = [
        lab.pin,
        WRONG_PIN,
        NUMBER,
        lab.sample.number,
        "利用者登録申請書",
        "Yamada",
        "株式会社見本建設",
    ]
    for secret in secrets:
        assert secret.encode() not in without_hashes, secret
    assert _base64(CONTENT)[:20].encode() not in content
    assert hashlib.sha256(CONTENT).hexdigest().encode() not in content


async def test_a_killed_daemon_leaves_a_whole_chain(lab: Lab, tmp_path: Path) -> None:
    """kill -9, and the next one goes on; a program that changes the log in between is found."""
    config, folder = configuration(lab, tmp_path), audit_folder(tmp_path)
    for count in (1, 2):
        with stack.daemon(tmp_path, config, lab.env) as url:
            async with connected(url, PUBLIC_ORIGIN) as client:
                await is_recorded_at_once(client)
            while read(folder).report.records < count:  # noqa: ASYNC110 - the daemon writes beside its answers
                await asyncio.sleep(0.01)
            runtime = json.loads((folder.parent / "runtime.json").read_text())
            os.kill(runtime["pid"], signal.SIGKILL)
    head = str(read(folder).report.head)
    assert cardbridge(tmp_path, "verify", "--head", head).returncode == 0
    path = next(folder.glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"signHash"', b'"sign"', 1))
    done = cardbridge(tmp_path, "verify", "--head", head)
    assert done.returncode == 1 and "記録 1 が書き換えられています。" in done.stdout


def has_failed_once(log: Path) -> None:
    assert log.read_text().count("the audit log cannot be written") == 1


async def test_a_log_that_cannot_be_written_stops_nothing(lab: Lab, tmp_path: Path) -> None:
    """A file stands where the folder should be; then it is gone, and what was done meanwhile is there."""
    config, folder = configuration(lab, tmp_path), audit_folder(tmp_path)
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    with stack.daemon(tmp_path, config, lab.env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            assert "result" in await with_pin(lab, client, "card.verifyPin")
            await is_recorded_at_once(client)
            await asyncio.to_thread(eventually, partial(has_failed_once, tmp_path / "daemon.log"))
            folder.unlink()
            await is_recorded_at_once(client)
    log = read(folder)
    assert log.report.is_whole and [record.what for record in log.records] == ["verifyPin", *["signHash"] * 2]
    has_failed_once(tmp_path / "daemon.log")
    assert "written again" in (tmp_path / "daemon.log").read_text()
