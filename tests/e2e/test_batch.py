"""Many documents in one request: one window, one PIN, progress, and all or nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.card.workplace import Daemon, until_gone
from tests.e2e.batches import document, escape_until_answered, last_done, until_done
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import Client, connected, decoded
from tests.e2e.test_contract import openssl_accepts, type_pin

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

WORKER, SIGNING, DIALOG = "bridge.pkcs11.worker", "bridge.signing.child", "bridge.ui.dialog"


def process_of(lab: Lab, url: str) -> Daemon:
    pid = json.loads(next(lab.folder.rglob("runtime.json")).read_text())["pid"]
    return Daemon(url=url, pid=pid)


@contextmanager
def stopped_at(pid: int) -> Iterator[None]:
    """The process stands still (SIGSTOP); it may have been ended meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass


async def signs_again(lab: Lab, client: Client) -> None:
    """The next request works, with a window and a PIN of its own."""
    id = await client.send("sign.documents", documents=[document(0)], format="cades")
    await type_pin(lab)
    assert "result" in await client.response(id)


async def begun(lab: Lab, client: Client, count: int) -> int:
    """A batch of documents large enough that it takes a while, its PIN accepted."""
    documents = [document(number, 200_000) for number in range(count)]
    id = await client.send("sign.documents", documents=documents, format="cades", packaging="enveloping")
    await type_pin(lab)
    return id


async def test_the_user_cancels_in_the_middle_of_fifty(lab: Lab, daemon: str) -> None:
    running = process_of(lab, daemon)
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        id = await begun(lab, client, 50)
        await until_done(client, 3)
        (signing,) = running.children(SIGNING)
        with stopped_at(signing):
            error = (await escape_until_answered(lab.screen, client, id))["error"]
        assert error["data"]["reason"] == "userCancelled"
        assert 3 <= last_done(client) < 50
        until_gone(signing, *running.children(WORKER))
        await asyncio.to_thread(lab.screen.wait_until_gone)
        await signs_again(lab, client)


async def test_the_page_leaves_in_the_middle(lab: Lab, daemon: str) -> None:
    """A closed socket: worker, window and signing process go; another page is served."""
    running = process_of(lab, daemon)
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        await begun(lab, client, 50)
        await until_done(client, 3)
        children = [pid for name in (WORKER, SIGNING, DIALOG) for pid in running.children(name)]
        assert len(children) == 3
    until_gone(*children)
    await asyncio.to_thread(lab.screen.wait_until_gone)
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        await signs_again(lab, client)


@pytest.mark.parametrize("victim", [WORKER, SIGNING, DIALOG])
async def test_a_process_that_dies_in_the_middle(lab: Lab, daemon: str, victim: str) -> None:
    running = process_of(lab, daemon)
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        id = await begun(lab, client, 50)
        await until_done(client, 3)
        (pid,) = running.children(victim)
        os.kill(pid, signal.SIGKILL)
        response = await client.response(id)
        assert "result" not in response
        assert response["error"]["data"]["reason"] in (
            {"driverFailed"} if victim == WORKER else {"userCancelled", "internalError", "documentUnreadable"}
        )
        until_gone(*(pid for name in (WORKER, SIGNING) for pid in running.children(name)))
        await signs_again(lab, client)


COUNTS = [20, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]


@pytest.mark.parametrize("count", COUNTS)
async def test_one_pin_for_all_and_each_verifies(lab: Lab, daemon: str, tmp_path: Path, count: int) -> None:
    documents = [document(number) for number in range(count)]
    async with connected(daemon, PUBLIC_ORIGIN) as client:
        id = await client.send("sign.documents", documents=documents, format="cades")
        await type_pin(lab)
        made = (await client.response(id))["result"]["signatures"]
        signing = [n["params"] for n in client.notifications if n["params"].get("state") == "signing"]
    assert [(state["done"], state["total"]) for state in signing] == [(n, count) for n in range(count)]
    assert [each["name"] for each in made] == [f"図面{number}.txt.p7s" for number in range(count)]
    contents = [base64.b64decode(each["content"]) for each in documents]
    assert [each["documentDigest"] for each in made] == [hashlib.sha256(c).hexdigest() for c in contents]
    authority = lab.portal.data / "authority" / "ca.crt.pem"
    signature, content = tmp_path / "s.p7s", tmp_path / "content"
    for number in range(0, count, max(1, count // 20)):
        signature.write_bytes(decoded(made[number]["content"]))
        content.write_bytes(contents[number])
        assert openssl_accepts(signature, authority, content)
        content.write_bytes(contents[number - 1])
        assert not openssl_accepts(signature, authority, content)
