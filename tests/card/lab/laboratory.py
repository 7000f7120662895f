"""What the experiments of one file share: readers and cards, screen and eyes, the daemon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cardbridge_demo.card import OPENSC_MODULES
from cardbridge_demo.desktop import Desktop
from tests.card.lab.daemon import Daemon
from tests.card.lab.eyes import Eyes
from tests.card.lab.faults import Record
from tests.card.stack import Stack, missing_piece

OPENSC = next((path for path in OPENSC_MODULES if path.exists()), OPENSC_MODULES[0])
CARDS = ("first", "second")
PIN, PUK, WRONG_PIN = "123456", "12345678", "999999"
HAPPENS_S = 60.0
"""How long anything may take that must happen at all; nothing is judged by its speed."""

MARKS = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
]
Driver = tuple[str, Path]
_SITES = 60


@dataclass(slots=True, kw_only=True)
class Lab:
    """Reader, card, screen and daemon, all real; shared by the experiments of one file.

    With two `readers` the second card is in the second one.

    Every experiment is a site of its own, so that the limit on cancellations counts for each alone.
    """

    folder: Path
    stack: Stack
    screen: Desktop
    eyes: Eyes
    daemon: Daemon
    record: Record
    readers: int
    origins: Iterator[str] = field(default_factory=lambda: iter(_origins()))

    def reset(self) -> None:
        """As on a good day: the cards in their readers, no PIN spent, OpenSC the only driver."""
        self.use_drivers(("OpenSC", OPENSC))
        for number, name in enumerate(CARDS[: self.readers], start=1):
            self._reset(number, name)
        self.stack.wait_for_cards([True] * self.readers)

    def _reset(self, number: int, name: str) -> None:
        status = self.stack.control("heal", reader=number)
        card = status["readers"][number - 1]["card"]
        if card is None:
            self.stack.control("insert", card=name, reader=number)
        elif card["name"] != name:
            self.stack.control("swap", card=name, reader=number)
        if card is not None and card["expired"]:
            self.stack.control("renew", reader=number)
        self.stack.control("set-tries", value=3, reader=number)
        self.stack.control("set-puk-tries", value=3, reader=number)

    def use_drivers(self, *drivers: Driver) -> None:
        """The daemon reads its drivers again when they are asked for."""
        write_configuration(self.folder / "config.toml", drivers)

    def wait_for_card(self, *, is_present: bool = True) -> None:
        """Until PC/SC sees the card, or its absence."""
        self.stack.wait_for_cards([is_present])

    def card_status(self) -> dict[str, Any]:
        """What the virtual card says of itself: pinTriesLeft, pinVerified, …"""
        status: dict[str, Any] = self.stack.control("status")["readers"][0]["card"]
        return status

    def signatures(self) -> int:
        """How many the card has made."""
        return int(self.stack.control("status")["readers"][0]["signatures"])


def _origins() -> list[str]:
    return [f"https://experiment-{number:02}.example.jp" for number in range(_SITES)]


def write_configuration(
    path: Path, drivers: Sequence[Driver], *, ports: tuple[int, int] | None = None, site_rules: str = ""
) -> None:
    """The daemon's config.toml; the ports stay as they are where none are given."""
    head = (
        path.read_text("utf-8").splitlines()[:2] if ports is None else ["[server]", f"ports = {list(ports)}"]
    )
    sites = [f'[[site]]\norigin = "{o}"\nname = "故障実験"\npin = "each"' for o in _origins()]
    sites += [
        f'[[site]]\norigin = "{session_site(o)}"\nname = "故障実験"\npin = "session"' for o in _origins()
    ]
    tables = [f'[[driver]]\nname = "{name}"\npath = "{module}"' for name, module in drivers]
    path.touch(mode=0o600)
    text = "\n\n".join(["\n".join(head), *sites, *tables]) + "\n"
    beside = path.with_suffix(".new")
    beside.write_text(text, "utf-8")
    beside.replace(path)


def session_site(origin: str) -> str:
    """The same experiment's site with `pin = "session"`."""
    return origin.replace("experiment", "session")
