"""Batches on a card whose key wants the PIN for each signature, and all that can end them in the middle."""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.card.stack import missing_piece
from tests.card.thief import REFUSED, steal
from tests.card.workplace import ORIGIN, PIN, Daemon, Workplace, until_gone
from tests.e2e.batches import document, escape_until_answered, last_done, until_done
from tests.e2e.contract_client import Client, connected, decoded

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

CHILDREN = ("bridge.pkcs11.worker", "bridge.signing.child")


@contextmanager
def slow(workplace: Workplace, ms: int) -> Iterator[None]:
    """A card that takes so long for each signature, until it is healed."""
    workplace.cards.control("slow", value=ms)
    try:
        yield
    finally:
        workplace.cards.control("heal")


def card(workplace: Workplace) -> dict[str, Any]:
    status: dict[str, Any] = workplace.cards.control("status")["readers"][0]
    return status


async def begun(workplace: Workplace, client: Client, count: int) -> int:
    documents = [document(number) for number in range(count)]
    id = await client.send("sign.documents", documents=documents, format="cades")
    await client.until(id, "waitingForUser")
    await workplace.type_pin()
    return id


async def assert_clean(workplace: Workplace, daemon: Daemon) -> None:
    """No process of the request is left, no window, and the card is closed."""
    until_gone(*(pid for name in CHILDREN for pid in daemon.children(name)))
    await asyncio.to_thread(workplace.screen.wait_until_gone)
    assert await asyncio.to_thread(steal, workplace.cards.env) == REFUSED


async def assert_works(workplace: Workplace, client: Client) -> None:
    id = await begun(workplace, client, 2)
    assert len((await client.response(id))["result"]["signatures"]) == 2


def openssl_accepts(folder: Path, signature: bytes, content: bytes) -> bool:
    """The signature alone: the virtual card's certificates have no authority."""
    (folder / "s.p7s").write_bytes(signature)
    (folder / "content").write_bytes(content)
    command = ["openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER"]
    command += ["-in", str(folder / "s.p7s"), "-content", str(folder / "content"), "-out", "/dev/null"]
    return subprocess.run(command, capture_output=True).returncode == 0


async def test_one_pin_for_a_key_that_wants_it_each_time(workplace: Workplace, tmp_path: Path) -> None:
    """Key 9C signs nothing without a VERIFY just before; the person types the PIN once."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            before = card(workplace)["signatures"]
            response = await client.response(await begun(workplace, client, 7))
            made = response["result"]["signatures"]
            assert card(workplace)["signatures"] - before == 7
            assert "nonRepudiation" in response["result"]["certificate"]["keyUsage"]
            for number, each in enumerate(made):
                content = base64.b64decode(document(number)["content"])
                assert openssl_accepts(tmp_path, decoded(each["content"]), content)
                assert not openssl_accepts(tmp_path, decoded(each["content"]), content + b"x")
            await assert_clean(workplace, daemon)


@pytest.mark.parametrize("pulled", ["remove", "eject-during-signature"])
async def test_a_card_pulled(workplace: Workplace, pulled: str) -> None:
    """Between two documents, and while it signs one: none is given out, and the next request works."""
    with workplace.daemon() as daemon, slow(workplace, 100):
        async with connected(daemon.url, ORIGIN) as client:
            id = await begun(workplace, client, 50)
            await until_done(client, 3)
            workplace.cards.control(pulled)
            try:
                response = await client.response(id)
            finally:
                workplace.cards.control("insert")
                await asyncio.to_thread(workplace.cards.wait_for_cards, [True])
            assert response["error"]["data"]["reason"] == "cardRemoved", response
            assert 3 <= last_done(client) < 50
            await assert_clean(workplace, daemon)
            await assert_works(workplace, client)


@pytest.mark.parametrize(("count", "done"), [(50, 2), (1, 0)])
async def test_the_user_cancels(workplace: Workplace, count: int, done: int) -> None:
    """In the middle of a batch, and in the middle of one signature that takes long."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            with slow(workplace, 300 if count > 1 else 8000):
                id = await begun(workplace, client, count)
                await client.until(id, "signing")
                await until_done(client, done)
                response = await escape_until_answered(workplace.screen, client, id)
            assert response["error"]["data"]["reason"] == "userCancelled"
            await assert_clean(workplace, daemon)
            await assert_works(workplace, client)


async def test_the_page_leaves(workplace: Workplace) -> None:
    with workplace.daemon() as daemon, slow(workplace, 100):
        async with connected(daemon.url, ORIGIN) as client:
            await begun(workplace, client, 50)
            await until_done(client, 3)
        await assert_clean(workplace, daemon)
        async with connected(daemon.url, ORIGIN) as client:
            await assert_works(workplace, client)


async def test_a_pin_that_the_card_refuses_in_the_middle_is_not_sent_again(workplace: Workplace) -> None:
    """One VERIFY fails, the next would succeed: the request is over all the same."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            with slow(workplace, 100):
                id = await begun(workplace, client, 50)
                await until_done(client, 3)
                workplace.cards.control("fail-with", statusWord="63C2", ins="20", count=1)
                response = await client.response(id)
            assert response["error"]["data"]["reason"] == "driverFailed", response
            await assert_clean(workplace, daemon)
            await assert_works(workplace, client)


async def test_a_wrong_signature_in_the_middle_leaves_nothing(workplace: Workplace) -> None:
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            with slow(workplace, 100):
                id = await begun(workplace, client, 50)
                await until_done(client, 3)
                workplace.cards.control("wrong-signature")
                response = await client.response(id)
            assert response["error"]["data"]["reason"] == "driverFailed", response
            await assert_clean(workplace, daemon)
            await assert_works(workplace, client)


async def test_within_a_session_the_signature_key_has_its_own_pin(workplace: Workplace) -> None:
    """`pin = "session"`: the login's PIN was kept for no later request; the batch asks once."""
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            id = await client.send("card.verifyPin")
            await workplace.type_pin(PIN)
            assert "result" in await client.response(id)
            await assert_works(workplace, client)
            await assert_clean(workplace, daemon)
