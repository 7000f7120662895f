"""The worker sends nothing to a card other than the one that the user was shown."""

from __future__ import annotations

import asyncio
import hashlib
from multiprocessing.connection import Connection, Pipe

import pytest

from bridge.core import plainjson
from bridge.core.errors import CardRemoved
from bridge.core.pinentry import NewPinEntered, PinEntered, PinOutcome
from bridge.core.settings import DriverSettings
from bridge.core.token import Token
from bridge.pkcs11 import wire
from bridge.pkcs11.client import WorkerClient
from tests.card.stack import missing_piece
from tests.card.workplace import OPENSC, WRONG_PIN, Workplace

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]

NOBODYS_PUK = "00000000"


@pytest.mark.parametrize("kind", ["login", "change", "unblock"])
async def test_swapped_between_window_and_pin(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What is typed here is no card's PIN or PUK; not even that may reach the other card."""
    for name, value in workplace.cards.env.items():
        monkeypatch.setenv(name, value)
    driver = DriverSettings(name=OPENSC[0], path=str(OPENSC[1]))
    worker = WorkerClient(driver, unblocks=kind == "unblock")
    try:
        (shown,) = (await worker.inspect()).tokens
        await asyncio.to_thread(workplace.cards.control, "swap", card="second")
        await asyncio.to_thread(workplace.cards.wait_for_cards, [True])
        window, theirs = Pipe()
        with window:
            with pytest.raises(CardRemoved):
                await _enter(worker, kind, shown, window, theirs)
            outcome = plainjson.decode(window.recv_bytes(), PinOutcome)
            assert outcome.verdict == "failed", "never a wrong PIN"
    finally:
        await worker.end()
        card = workplace.cards.control("status")["readers"][0]["card"]
        await asyncio.to_thread(workplace.cards.control, "swap", card="first")
        await asyncio.to_thread(workplace.cards.wait_for_cards, [True])
    assert card["name"] == "second"
    assert (card["pinTriesLeft"], card["pukTriesLeft"]) == (3, 3)


async def _enter(
    worker: WorkerClient, kind: str, shown: Token, window: Connection, theirs: Connection
) -> None:
    thumbprints = frozenset(hashlib.sha256(each.der).hexdigest() for each in shown.certificates)
    if kind == "login":
        window.send_bytes(plainjson.encode(PinEntered(pin=WRONG_PIN)))
        await worker.login(wire.Login(slot=shown.slot, certificates=thumbprints), theirs)
        return
    window.send_bytes(plainjson.encode(NewPinEntered(current=NOBODYS_PUK, new="111111")))
    request = wire.ChangePin(
        slot=shown.slot, kind="change" if kind == "change" else "unblock", certificates=thumbprints
    )
    await worker.change_pin(request, theirs)
