"""After a card session, whatever ended it, another program gets no signature from the card without a PIN."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.card.stack import missing_piece
from tests.card.thief import REFUSED, SIGNED, steal
from tests.card.workplace import ORIGIN, Daemon, Workplace, kill, nonce, until_gone
from tests.e2e.contract_client import Client, connected

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

WORKER = "bridge.pkcs11.worker"


@asynccontextmanager
async def open_session(workplace: Workplace, daemon: Daemon) -> AsyncIterator[Client]:
    """A card session, of which the card itself says that another program could use it."""
    async with connected(daemon.url, ORIGIN) as client:
        first = await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
        assert first["result"]["session"]
        assert "result" in await client.call("auth.getToken", challengeNonce=nonce())
        assert await asyncio.to_thread(steal, workplace.cards.env) == SIGNED, (
            "the attack itself does not work"
        )
        yield client


async def assert_closed(workplace: Workplace) -> None:
    """Within some seconds the card refuses; it must not open again."""
    for _ in range(60):
        if await asyncio.to_thread(steal, workplace.cards.env) == REFUSED:
            break
        await asyncio.sleep(1)
    else:
        pytest.fail("the card stays open")
    status = workplace.cards.control("status")["readers"][0]["card"]
    assert status["pinVerified"] is False


async def test_each_operation_closes(workplace: Workplace) -> None:
    """`pin = "each"`: at the moment of the answer the card is closed already."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            response = await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
            assert await asyncio.to_thread(steal, workplace.cards.env) == REFUSED
            assert "session" not in response["result"]
            assert daemon.children(WORKER) == []


async def test_session_close(workplace: Workplace) -> None:
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with open_session(workplace, daemon) as client:
            assert (await client.call("session.close"))["result"] == {}
            assert await asyncio.to_thread(steal, workplace.cards.env) == REFUSED
            assert daemon.children(WORKER) == []


async def test_idle(workplace: Workplace) -> None:
    with workplace.daemon(site_rules='pin = "session"\npin_idle_s = 8') as daemon:
        async with open_session(workplace, daemon):
            await assert_closed(workplace)


async def test_socket_closed(workplace: Workplace) -> None:
    """Not resumed within 15 seconds."""
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with open_session(workplace, daemon):
            pass
        await asyncio.sleep(13)
        await assert_closed(workplace)


async def test_another_page_asks(workplace: Workplace) -> None:
    """Before another connection is served, the first one's session is over."""
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with open_session(workplace, daemon), connected(daemon.url, ORIGIN) as other:
            (before,) = daemon.children(WORKER)
            id = await other.send("auth.getToken", challengeNonce=nonce())
            await asyncio.to_thread(workplace.screen.wait_for_window)
            assert before not in daemon.children(WORKER)
            assert await asyncio.to_thread(steal, workplace.cards.env) == REFUSED
            await asyncio.to_thread(workplace.screen.press, "Escape")
            assert (await other.response(id))["error"]["data"]["reason"] == "userCancelled"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_daemon_ends(workplace: Workplace, number: signal.Signals) -> None:
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with open_session(workplace, daemon):
            workers = daemon.children(WORKER)
            assert len(workers) == 1
            os.kill(daemon.pid, number)
            await asyncio.to_thread(until_gone, *workers)
            await assert_closed(workplace)


async def test_worker_crashes(workplace: Workplace) -> None:
    """The daemon notices by itself; the next request asks for the PIN and works."""
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with open_session(workplace, daemon) as client:
            kill(*daemon.children(WORKER))
            await assert_closed(workplace)
            again = await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
            assert again["result"]["session"]


async def test_daemon_and_worker_crash_together(workplace: Workplace) -> None:
    """Nobody of ours is left; pcscd resets the card of a client that vanishes."""
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with open_session(workplace, daemon):
            kill(daemon.pid, *daemon.children(WORKER))
            await assert_closed(workplace)


async def test_cancelled_between_pin_and_answer(workplace: Workplace) -> None:
    """The page withdraws while the card signs: nothing is left open."""
    workplace.cards.control("slow", value=3000)
    try:
        with workplace.daemon() as daemon:
            async with connected(daemon.url, ORIGIN) as client:
                id = await client.send("auth.getToken", challengeNonce=nonce())
                await client.until(id, "waitingForUser")
                await workplace.type_pin()
                await client.until(id, "signing")
                await client.socket.send_json({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}})
                assert (await client.response(id))["error"]["data"]["reason"] == "userCancelled"
            workplace.cards.control("heal")
            await assert_closed(workplace)
    finally:
        workplace.cards.control("heal")
