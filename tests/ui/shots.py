"""What a person has done in the windows of which pictures are kept: see `tests.ui.gallery`."""

from __future__ import annotations

from collections.abc import Callable

from bridge.core.pinentry import PinOutcome
from tests.ui.hands import click
from tests.ui.stage import Stage


def _wrong_pin(shown: Stage) -> None:
    shown.enter("1234")
    shown.say(PinOutcome(verdict="incorrect", pin_state="finalTry"))
    click(shown.desktop, shown.box() or shown.root)
    shown.type_text("135790")


def _new_pin(shown: Stage) -> None:
    shown.enter("1234", "135790")
    shown.type_text("1357")


def _keypad(shown: Stage) -> None:
    shown.press("Return")


PICTURES: dict[str, tuple[str, Callable[[Stage], object]]] = {
    "pin": ("pin-contact", lambda shown: shown.type_text("1234")),
    "final-try": ("pin", _wrong_pin),
    "keypad": ("pin-keypad", _keypad),
    "change": ("change", _new_pin),
    "unblock": ("unblock", lambda shown: shown.type_text("12345678")),
    "choose": ("choose", lambda shown: shown.press("Down")),
    "in-use": ("in-use", lambda shown: None),
}
