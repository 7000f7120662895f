"""Changing and unblocking a PIN where the module is not OpenSC: C_SetPIN, and C_InitPIN of the officer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cardbridge_demo import softhsm, stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import Client, connected
from tests.e2e.test_contract import nonce, type_pin

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

PIN, CHANGED, UNBLOCKED = "135790", "246801", "997755"
OFFICER_PIN = PIN * 2


async def enter(lab: Lab, client: Client, method: str, *fields: str) -> dict[str, object]:
    id = await client.send(method)
    await client.until(id, "waitingForUser")
    await asyncio.to_thread(lab.screen.wait_for_window)
    for number, text in enumerate(fields):
        if number:
            await asyncio.to_thread(lab.screen.press, "Tab")
        await asyncio.to_thread(lab.screen.type_text, text)
    await asyncio.to_thread(lab.screen.press, "Return")
    return await client.response(id)


async def accepts(lab: Lab, client: Client, pin: str) -> None:
    id = await client.send("auth.getToken", challengeNonce=nonce())
    await client.until(id, "waitingForUser")
    await type_pin(lab, pin)
    assert "result" in await client.response(id)


async def test_change_then_unblock(lab: Lab, tmp_path: Path) -> None:
    token = softhsm.make_token(tmp_path, lab.sample.card, PIN)
    with stack.daemon(lab.folder, lab.configuration(), {**token, **lab.screen.env}) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            changed = await enter(lab, client, "card.changePin", PIN, CHANGED, CHANGED)
            assert changed["result"] == {"changed": True}
            await accepts(lab, client, CHANGED)
            unblocked = await enter(lab, client, "card.unblockPin", OFFICER_PIN, UNBLOCKED, UNBLOCKED)
            assert unblocked["result"] == {"changed": True}
            await accepts(lab, client, UNBLOCKED)
