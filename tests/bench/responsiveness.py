"""A card that takes 800 ms a signature: what other connections feel of it meanwhile."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.card.workplace import ORIGIN, nonce
from tests.e2e.contract_client import Client, connected

SIGNATURE_MS = 800
SIGNATURES = 12
_PAUSE_S = 0.005
_REST_S = 5.0


async def responsiveness(place: Place) -> list[Figures]:
    """Round trips of `bridge.info`: the daemon idle, and the slow card signing on another connection."""
    workplace = place.workplace
    with workplace.daemon(site_rules='pin = "session"') as daemon:
        async with connected(daemon.url, ORIGIN) as signing, connected(daemon.url, ORIGIN) as asking:
            await workplace.with_pin(signing, "auth.getToken", challengeNonce=nonce())
            workplace.cards.control("slow", value=SIGNATURE_MS)
            try:
                async with asyncio.TaskGroup() as group:
                    quiet = Figures(
                        what="`bridge.info`, the card at rest",
                        unit="ms",
                        samples=await _round_trips(asking, group.create_task(asyncio.sleep(_REST_S))),
                    )
                    work = group.create_task(_sign(signing))
                    busy = Figures(
                        what=f"`bridge.info`, while a card signs that takes {SIGNATURE_MS} ms",
                        unit="ms",
                        samples=await _round_trips(asking, work),
                        reference=quiet,
                    )
                signatures = Figures(
                    what=f"`auth.getToken`, the card's own {SIGNATURE_MS} ms included",
                    unit="ms",
                    samples=tuple(work.result()),
                )
            finally:
                workplace.cards.control("heal")
    return [quiet, busy, signatures]


async def _sign(client: Client) -> list[float]:
    took = []
    for _ in range(SIGNATURES):
        before = time.perf_counter()
        assert "result" in await client.call("auth.getToken", challengeNonce=nonce())
        took.append((time.perf_counter() - before) * 1000)
    return took


async def _round_trips(client: Client, until: asyncio.Task[Any]) -> tuple[float, ...]:
    took = []
    while not until.done():
        before = time.perf_counter()
        await client.call("bridge.info")
        took.append((time.perf_counter() - before) * 1000)
        await asyncio.sleep(_PAUSE_S)
    return tuple(took)
