"""The end of all workers and the reset of their cards, with workers and resets that take their time."""

from __future__ import annotations

import asyncio

from bridge.core.settings import DriverSettings
from bridge.core.token import Token
from bridge.pkcs11.tokens import Pkcs11Tokens
from tests.unit.methods.fakes import settle
from tests.unit.tokens import token

DRIVER = DriverSettings(name="OpenSC", path="/no/such.so")


async def test_a_second_end_waits_for_the_first_ones_reset() -> None:
    """Whoever is served next must not start before the old card has forgotten its PIN."""
    events: list[str] = []
    may_end = asyncio.Event()

    async def reset(_: Token) -> None:
        events.append("reset begins")
        await may_end.wait()
        events.append("reset ends")

    tokens = Pkcs11Tokens(lambda: (DRIVER,), reset)
    tokens._logged_in["reader"] = token()

    async def next_one() -> None:
        await tokens.end()
        events.append("served")

    async with asyncio.TaskGroup() as group:
        group.create_task(tokens.end())
        await settle()
        group.create_task(next_one())
        await settle()
        assert events == ["reset begins"]
        may_end.set()
    assert events == ["reset begins", "reset ends", "served"]
