"""What a page feels of another one, or of a program, that floods the daemon: round trips of `bridge.info`."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.card.workplace import ORIGIN
from tests.e2e.contract_client import Client, connected
from tests.unit.server.floods import FLOODS, flooded
from tests.unit.server.wire import OTHER_ORIGIN

_TIMES = 200
_SITE = f'\n[[site]]\norigin = "{OTHER_ORIGIN}"\n'


async def flooding(place: Place) -> list[Figures]:
    """Round trips with no flood, and during each of them."""
    with place.workplace.daemon(more=_SITE) as daemon:
        port = urlsplit(daemon.url).port or 0
        async with connected(daemon.url, ORIGIN) as asking:
            quiet = Figures(
                what="`bridge.info`, no other page", unit="ms", samples=await _round_trips(asking)
            )
            figures = [quiet]
            for name in FLOODS:
                with flooded(name, port):
                    samples = await _round_trips(asking)
                what = f"`bridge.info`, while another floods: {name.replace('_', ' ')}"
                figures.append(Figures(what=what, unit="ms", samples=samples, reference=quiet))
    return figures


async def _round_trips(client: Client) -> tuple[float, ...]:
    took = []
    for _ in range(_TIMES):
        before = time.perf_counter()
        assert "result" in await client.call("bridge.info")
        took.append((time.perf_counter() - before) * 1000)
    return tuple(took)
