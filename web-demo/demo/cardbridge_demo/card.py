"""The demonstration's card: a virtual IC card in a real reader stack, or SoftHSM2 where pcscd cannot run."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cardbridge_card import issuing, runtime, state
from cardbridge_card.contents import AUTHENTICATION, SIGNATURE
from cardbridge_card.pcscd import PcscdUnavailableError, PrivatePcscd, cards_seen, missing_piece

from . import softhsm, stack
from .process import background

OPENSC_MODULES = (
    Path("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"),
    Path("/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so"),
    Path("/usr/lib/opensc-pkcs11.so"),
)
PUK = "12345678"
_OPENSC_CONF = (
    "app default {\n}\napp opensc-pkcs11 {\n  pkcs11 {\n"
    "    user_pin_unblock_style = set_pin_in_unlogged_session;\n  }\n}\n"
)
_START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoToken:
    """A token for the daemon: environment, driver, and where a person plays with the card."""

    kind: str
    driver: tuple[str, Path]
    env: dict[str, str] = field(default_factory=dict)
    control: Path | None = None

    @property
    def control_page(self) -> str | None:
        """The page on which a person plays with virtual cards."""
        return None if self.control is None else runtime.find(self.control).page

    @staticmethod
    def card_name(card: Path) -> str:
        """What the control calls the card with the portal folder `card`."""
        return f"card-{card.name}"

    def order(self, command: str, *, reader: int = 1, card: Path | None = None) -> None:
        """insert, remove or swap a virtual card (cardbridge_card.orders); `card` is its portal folder.

        PC/SC has seen it when this returns.
        """
        if self.control is None:
            raise RuntimeError("only virtual cards take orders")
        order = {"command": command, "reader": reader}
        runtime.send(
            runtime.find(self.control), order if card is None else {**order, "card": self.card_name(card)}
        )
        _await(lambda: self._holds(reader) == (command != "remove"), "PC/SCがICカードの変化に気付きません")

    def _holds(self, reader: int) -> bool:
        """Whether PC/SC sees a card in it."""
        return list(cards_seen(self.env).values())[reader - 1 : reader] == [True]


@contextmanager
def demo_token(
    folder: Path, cards: Sequence[Path], pin: str, *, readers: int | None = None, control_port: int = 0
) -> Iterator[DemoToken]:
    """Virtual cards; SoftHSM2 with the first card where a piece is missing or pcscd may not run."""
    with ExitStack() as running:
        try:
            token = running.enter_context(
                virtual_cards(folder, cards, pin, readers=readers, control_port=control_port)
            )
        except PcscdUnavailableError as reason:
            sys.stderr.write(f"仮想ICカードは使えないため、SoftHSM2を使います: {reason}\n")
            token = soft_token(folder, cards[0], pin)
        yield token


def soft_token(folder: Path, card: Path, pin: str) -> DemoToken:
    """The SoftHSM2 token of the card folder `card`, made at the first call."""
    env = stack.soft_token(folder, card, pin)
    return DemoToken(kind="SoftHSM2", driver=("SoftHSM2", softhsm.module()), env=env)


@contextmanager
def virtual_cards(
    folder: Path, cards: Sequence[Path], pin: str, *, readers: int | None = None, control_port: int = 0
) -> Iterator[DemoToken]:
    """A virtual PIV card with the keys of each folder in `cards`, each in a reader of a private pcscd.

    Args:
        readers: fewer than cards: the rest lies beside, for `DemoToken.order`; more: the rest is empty.
        control_port: where the control's page is served; 0 for any.

    Raises:
        PcscdUnavailableError
    """
    module = next((path for path in OPENSC_MODULES if path.exists()), None)
    if (missing := missing_piece()) is not None or module is None:
        raise PcscdUnavailableError(f"{missing or 'opensc-pkcs11'} がありません")
    with ExitStack() as undo:
        # Short: a Unix socket's path has 107 octets at most.
        place = Path(tempfile.mkdtemp(prefix="cb-demo-"))
        undo.callback(shutil.rmtree, place, ignore_errors=True)
        (place / "opensc.conf").write_text(_OPENSC_CONF, "ascii")
        pcscd = PrivatePcscd(folder=place, slots=len(cards) if readers is None else readers)
        undo.callback(pcscd.stop)
        pcscd.start()
        control = place / "control.json"
        command: list[str | Path] = [
            stack.BIN / "cardbridge-virtual-card",
            "run",
            *(_card_file(folder, card, pin) for card in cards),
        ]
        command += [option for port in pcscd.ports for option in ("--port", str(port))]
        command += ["--runtime-file", control, "--control-port", str(control_port)]
        undo.enter_context(background(command, log=folder / "card.log"))
        _await(control.exists, "仮想ICカードが起動しません")
        token = DemoToken(
            kind=f"仮想ICカード {len(cards)}枚",
            driver=("OpenSC", module),
            env={"PCSCLITE_CSOCK_NAME": str(pcscd.socket), "OPENSC_CONF": str(place / "opensc.conf")},
            control=control,
        )
        inserted = range(1, min(len(cards), pcscd.slots) + 1)
        _await(lambda: all(map(token._holds, inserted)), "PC/SCが仮想ICカードに気付きません")
        yield token


def _card_file(folder: Path, card: Path, pin: str) -> Path:
    path = folder / f"{DemoToken.card_name(card)}.json"
    if not path.exists():
        given = {
            reference: (card / f"{name}.key.pem", card / f"{name}.crt.pem")
            for reference, name in ((AUTHENTICATION, "authentication"), (SIGNATURE, "signature"))
        }
        specification = issuing.Specification(given=given)
        state.save(path, issuing.issue(specification, issuing.Secrets(pin=pin, puk=PUK)))
    return path


def _await(condition: Callable[[], bool], problem: str) -> None:
    deadline = time.monotonic() + _START_S
    while not condition():
        if time.monotonic() > deadline:
            raise PcscdUnavailableError(problem)
        time.sleep(0.05)
