"""The only messages that go over the pipe between window and worker.

The daemon makes this pipe, hands both ends on and closes its own copies without reading, so that it
never has the PIN. Each message is one JSON object (`bridge.core.plainjson`), sent as one message of a
`multiprocessing.connection.Connection`.
"""

from __future__ import annotations

from typing import Literal

from bridge.core.record import Record

MAX_PIN_BYTES = 256

PinState = Literal["ok", "countLow", "finalTry", "locked", "unknown"]
"""Of a token's PIN, as its flags say (PKCS#11 v3.0, section 3.3), and as a page may see it."""

PinVerdict = Literal["accepted", "incorrect", "rejected", "unsent", "locked", "failed"]


class PinEntered(Record):
    """Window to worker: the PIN exactly as typed (full-width digits already half-width).

    Empty where the PIN is typed on the reader's keypad: the user agrees that the reader asks for it now.
    """

    pin: str

    def __repr__(self) -> str:
        return "PinEntered(pin=***)"


class NewPinEntered(Record):
    """Window to worker: the PIN or PUK in use, and the new PIN. Both empty where the reader has a keypad."""

    current: str
    new: str

    def __repr__(self) -> str:
        return "NewPinEntered(current=***, new=***)"


class PinOutcome(Record):
    """Worker to window: what the token said of it.

    `incorrect` keeps the window open for another try, and so does `rejected`: the card does not take the new
    PIN, its length or its characters. `unsent`: nothing went to the card, for meanwhile there is only one
    try left, which the user has not confirmed. `locked` is of the PIN, or of the PUK where that was typed.
    `failed` is anything that says nothing about the PIN (card gone, driver error): the daemon closes the
    window and reports it.
    `tries_left` only where the token tells the number.
    """

    verdict: PinVerdict
    pin_state: PinState = "unknown"
    tries_left: int | None = None
