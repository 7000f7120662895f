"""From the request to the window in which the PIN is typed, painted."""

from __future__ import annotations

import json
import time

from bridge.core.cancellations import UNANSWERED
from tests.bench.figures import Figures
from tests.bench.place import NONCE, SESSION, Place, chosen
from tests.bench.token import SoftToken
from tests.unit.server.wire import Wire, connected, request

TIMES = 15
EACH = UNANSWERED - 1
"""So many windows a site may withdraw within a minute."""
SITES = [f"https://site{number}.example.jp" for number in range(TIMES // EACH + 1)]
WHAT = "request to PIN window on the screen, `auth.getToken`"


async def window(place: Place) -> list[Figures]:
    """Milliseconds; the page withdraws each request when its window is there. The first is told by itself."""
    rules = SESSION + "".join(f'\n[[site]]\norigin = "{site}"\n' for site in SITES)
    took: list[float] = []
    with place.daemon(site_rules=rules) as daemon:
        for site in SITES:
            with connected(daemon.port, site) as wire:
                took += [to_window_ms(place, wire, id) for id in range(EACH)]
    return [
        Figures(what=WHAT + ", the first after the start", unit="ms", samples=tuple(took[:1])),
        Figures(what=WHAT, unit="ms", samples=tuple(took[1 : TIMES + 1])),
    ]


def to_window_ms(place: Place, wire: Wire, id: int, token: SoftToken | None = None) -> float:
    """From the request to its window; the request is withdrawn."""
    text = request("auth.getToken", id, {"challengeNonce": NONCE, **chosen(token or place.token)})
    place.person.comes()
    before = time.perf_counter()
    wire.say(text)
    took = (place.person.sees_window() - before) * 1000
    wire.say(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}}))
    while (message := wire.read_message()).get("id") != id:
        pass
    assert message["error"]["data"]["reason"] == "userCancelled", message
    place.person.leaves()
    return took
