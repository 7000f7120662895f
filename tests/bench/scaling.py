"""What more certificates on a token, and more readers with cards, cost."""

from __future__ import annotations

from tests.bench.figures import Figures
from tests.bench.place import Place, Tokens
from tests.bench.token import SoftToken, soft_token
from tests.bench.window import to_window_ms
from tests.card.stack import Card, pcsc_stack
from tests.card.workplace import OPENSC

COUNTS = (1, 2, 3, 4)
WINDOWS, CALLS = 4, 100


async def scaling(place: Place) -> list[Figures]:
    """Milliseconds; the first of each kind is the reference of its others."""
    figures: list[Figures] = []
    first: dict[str, Figures] = {}
    for count in COUNTS:
        token = soft_token(place.new_folder(f"certificates-{count}"), logins=count)
        for what, samples in _measured(place, token).items():
            told = f"{what}, certificates to log in with: {count}"
            figures.append(_against_first(first, what, told, samples))
    for count in COUNTS:
        with pcsc_stack([Card(name=f"card{number}", key_type="p256") for number in range(count)]) as cards:
            token = SoftToken(name="OpenSC", module=OPENSC[1], env={})
            samples = _windows(place.at(cards), token)
            what = "request to window, OpenSC"
            figures.append(_against_first(first, what, f"{what}, readers with a card each: {count}", samples))
    return figures


def _against_first(first: dict[str, Figures], what: str, told: str, samples: tuple[float, ...]) -> Figures:
    figure = Figures(what=told, unit="ms", samples=samples, reference=first.get(what))
    first.setdefault(what, figure)
    return figure


def _measured(place: Place, token: SoftToken) -> dict[str, tuple[float, ...]]:
    windows = {"request to window": _windows(place, token)}
    with place.daemon(token=token) as daemon, daemon.wire() as wire:
        place.log_in(wire, token)
        return {**windows, "a token within a session": tuple(Tokens(wire).take(CALLS))}


def _windows(place: Place, token: SoftToken) -> tuple[float, ...]:
    with place.daemon(token=token) as daemon, daemon.wire() as wire:
        return tuple(to_window_ms(place, wire, id, token) for id in range(WINDOWS))
