"""Readers as a page sees them: changes without polling, and a PC/SC service that goes and comes back."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.card.stack import missing_piece
from tests.card.workplace import ORIGIN, Daemon, Workplace, nonce
from tests.e2e.contract_client import Client, connected

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

IDLE_S = 5


@pytest.fixture
def daemon(workplace: Workplace) -> Iterator[Daemon]:
    with workplace.daemon() as running:
        yield running


async def changed(client: Client, wanted: list[str]) -> list[dict[str, Any]]:
    """The readers of the first `readers.changed` in which the states are so."""
    async with asyncio.timeout(60):
        while True:
            message = json.loads(await client.socket.receive_str())
            assert message["method"] == "readers.changed"
            readers: list[dict[str, Any]] = message["params"]["readers"]
            if [reader["state"] for reader in readers] == wanted:
                return readers


async def test_a_card_goes_and_comes(workplace: Workplace, daemon: Daemon) -> None:
    async with connected(daemon.url, ORIGIN) as client:
        first = (await client.call("readers.watch"))["result"]["readers"]
        assert [reader["state"] for reader in first] == ["present", "empty"]
        unknown = {"type": "unknown", "pinState": "unknown", "protectedAuthenticationPath": False}
        assert first[0]["card"] == unknown, "nothing of a card is told before a worker has seen it"
        await asyncio.to_thread(workplace.cards.control, "remove")
        assert all("card" not in reader for reader in await changed(client, ["empty", "empty"]))
        await asyncio.to_thread(workplace.cards.control, "insert", card="first")
        await changed(client, ["present", "empty"])


async def test_nothing_identifies_the_card_or_its_holder(workplace: Workplace, daemon: Daemon) -> None:
    """Not before a consent, and after one not to another page: type and PIN state only."""
    async with connected(daemon.url, ORIGIN) as client, connected(daemon.url, ORIGIN) as other:
        await other.call("readers.watch")
        assert "result" in await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
        seen = (await other.call("readers.list"))["result"]["readers"][0]
        assert set(seen) == {"name", "state", "card"}
        assert set(seen["card"]) <= {"type", "pinState", "triesLeft", "protectedAuthenticationPath"}
        assert seen["card"]["pinState"] == "ok"
        everything = json.dumps([seen, other.notifications], ensure_ascii=False)
        assert "見本" not in everything and "3b8d" not in everything.lower()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_service_goes_and_comes_back(workplace: Workplace, daemon: Daemon, how: str) -> None:
    """Unavailable while it is away; with its return everything works again by itself."""
    pcscd = workplace.cards.pcscd
    async with connected(daemon.url, ORIGIN) as client:
        await client.call("readers.watch")
        await asyncio.to_thread(getattr(pcscd, how))
        try:
            await changed(client, [])
            for method in ("readers.list", "readers.watch"):
                error = (await client.call(method))["error"]
                assert (error["code"], error["data"]["reason"]) == (-32014, "readerServiceUnavailable")
            error = (await client.call("auth.getToken", challengeNonce=nonce()))["error"]
            assert error["data"]["reason"] == "readerServiceUnavailable"
        finally:
            await asyncio.to_thread(pcscd.start)
        await changed(client, ["present", "empty"])
        assert "result" in await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())


async def test_service_is_not_there_at_the_start(workplace: Workplace) -> None:
    pcscd = workplace.cards.pcscd
    await asyncio.to_thread(pcscd.stop)
    try:
        with workplace.daemon() as daemon:
            async with connected(daemon.url, ORIGIN) as client:
                error = (await client.call("readers.watch"))["error"]
                assert error["data"]["reason"] == "readerServiceUnavailable"
                await asyncio.to_thread(pcscd.start)
                await changed(client, ["present", "empty"])
    finally:
        if pcscd.pid is None:
            pcscd.start()


def test_first_question_after_the_start(workplace: Workplace) -> None:
    """Asked the moment the daemon is ready, it knows its readers already."""

    async def ask(url: str) -> Any:
        async with connected(url, ORIGIN) as client:
            return await client.call("readers.list")

    for _ in range(3):
        with workplace.daemon() as daemon:
            states = [reader["state"] for reader in asyncio.run(ask(daemon.url))["result"]["readers"]]
            assert states == ["present", "empty"]


async def test_idle_means_asleep(workplace: Workplace, daemon: Daemon) -> None:
    """No thread of an idle daemon wakes up, with a page connected that watches the readers."""
    async with connected(daemon.url, ORIGIN) as client:
        await client.call("readers.watch")
        for _ in range(8):  # what the question has started may still come to rest
            before = _wake_ups(daemon.pid)
            await asyncio.sleep(IDLE_S)
            if _wake_ups(daemon.pid) == before:
                return
        pytest.fail("it never sleeps")


def _wake_ups(pid: int) -> dict[str, int]:
    """Voluntary context switches by thread: each is a thread that was woken and went to sleep again."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        match = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE)
        assert match is not None
        found[task.name] = int(match[1])
    return found


async def test_removed_and_inserted_quickly(workplace: Workplace, daemon: Daemon) -> None:
    """Many times in a row: the last state is the one that is told."""
    async with connected(daemon.url, ORIGIN) as client:
        await client.call("readers.watch")
        for _ in range(5):
            await asyncio.to_thread(workplace.cards.control, "remove")
            await asyncio.sleep(0.1)
            await asyncio.to_thread(workplace.cards.control, "insert", card="first")
            await asyncio.sleep(0.3)
        deadline = time.monotonic() + 60
        while True:
            states = [r["state"] for r in (await client.call("readers.list"))["result"]["readers"]]
            if states == ["present", "empty"] or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
        assert states == ["present", "empty"]
        assert "result" in await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
