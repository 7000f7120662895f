"""Other programs and the same card: used by them between our operations, or held by one for itself."""

from __future__ import annotations

import asyncio

import pytest

from tests.card.holder import held
from tests.card.stack import missing_piece
from tests.card.workplace import ORIGIN, Workplace, nonce
from tests.e2e.contract_client import connected

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]


async def test_a_card_held_by_another_program_is_waited_for(workplace: Workplace) -> None:
    """`inUse`, a window that says so, and it goes on by itself when the other program lets go."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            with held(workplace.cards.env):
                id = await client.send("auth.getToken", challengeNonce=nonce())
                await client.until(id, "waitingForReader")
                await asyncio.to_thread(workplace.screen.wait_for_window)
                readers = (await client.call("readers.list"))["result"]["readers"]
                assert readers[0]["state"] == "inUse"
            await client.until(id, "waitingForUser")
            await workplace.type_pin()
            assert "result" in await client.response(id)
            readers = (await client.call("readers.list"))["result"]["readers"]
            assert readers[0]["state"] == "present"


async def test_not_waiting_any_longer(workplace: Workplace) -> None:
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            with held(workplace.cards.env):
                id = await client.send("auth.getToken", challengeNonce=nonce())
                await client.until(id, "waitingForReader")
                await asyncio.to_thread(workplace.screen.wait_for_window)
                await asyncio.to_thread(workplace.screen.close_window, "Escape")
                assert (await client.response(id))["error"]["data"]["reason"] == "userCancelled"
            readers = (await client.call("readers.list"))["result"]["readers"]
            assert readers[0]["state"] == "present"
            assert "result" in await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())


async def test_others_may_use_the_card_between_our_operations(workplace: Workplace) -> None:
    """Nothing of ours holds it, not even for sharing: another program gets it for itself at once."""
    with workplace.daemon() as daemon:
        async with connected(daemon.url, ORIGIN) as client:
            for _ in range(2):
                assert "result" in await workplace.with_pin(client, "auth.getToken", challengeNonce=nonce())
                with held(workplace.cards.env):
                    pass
