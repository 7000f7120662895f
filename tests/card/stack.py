"""pcscd, vpcd and virtual IC cards as one context manager, for every test that needs a real card.

with pcsc_stack(cards=[Card(key_type="p256")]) as stack:
    subprocess.run([...], env=os.environ | stack.env)
    stack.control("remove")
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardbridge_card import issuing, runtime, state
from cardbridge_card.contents import CardContents
from cardbridge_card.pcscd import PcscdUnavailableError, PrivatePcscd, cards_seen, missing_piece

__all__ = ["Card", "Stack", "PcscdUnavailableError", "missing_piece", "pcsc_stack"]

_VISIBLE_S = 60.0
OPENSC_CONF = """app default {
}
app opensc-pkcs11 {
  pkcs11 {
    user_pin_unblock_style = set_pin_in_unlogged_session;
  }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card to make. `given`: key reference -> (key PEM file, certificate PEM file); 9A, 9C, 9D.

    `state_file`: one that exists is used as it is; without it the card is made in the stack's folder.
    """

    name: str = "card"
    key_type: str = "rsa2048"
    pin: str = "123456"
    puk: str = "12345678"
    holder: str = "見本 太郎"
    company: str = "株式会社見本建設"
    tries: int = 3
    given: dict[int, tuple[Path, Path]] = field(default_factory=dict)
    key_management: bool = False
    state_file: Path | None = None

    def issue(self) -> CardContents:
        """The card's memory."""
        specification = issuing.Specification(
            key_type=self.key_type,
            holder=self.holder,
            company=self.company,
            given=self.given,
            key_management=self.key_management,
            pin_tries=self.tries,
        )
        return issuing.issue(specification, issuing.Secrets(pin=self.pin, puk=self.puk))


@dataclass(slots=True, kw_only=True)
class Stack:
    """What runs. Reader numbers begin with 1, as in cardbridge-virtual-card."""

    folder: Path
    pcscd: PrivatePcscd
    state_files: list[Path]
    _cards_process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        """To be added to a client's environment: which pcscd, which OpenSC configuration."""
        return {
            "PCSCLITE_CSOCK_NAME": str(self.pcscd.socket),
            "OPENSC_CONF": str(self.folder / "opensc.conf"),
        }

    @property
    def runtime_file(self) -> Path:
        """Where the control's address and token are."""
        return self.folder / "control.json"

    @property
    def reader_names(self) -> list[str]:
        """The PC/SC names of the readers, in the order of their numbers.

        vpcd makes readers in pairs: with an odd number there is one more, always empty.
        """
        return self.pcscd.reader_names

    def control(self, command: str, *, reader: int = 1, **operands: Any) -> dict[str, Any]:
        """One order of cardbridge_card.orders; the status after it."""
        if self._cards_process is not None and self._cards_process.poll() is not None:
            said = (self.folder / "cards.log").read_text("utf-8", "replace")
            raise PcscdUnavailableError(f"the virtual cards have ended: {said[-3000:]}")
        found = runtime.find(self.runtime_file)
        return runtime.send(found, {"command": command, "reader": reader, **operands})

    def start_cards(self, *, empty: bool = False) -> None:
        """Starts the virtual cards' process; over when its control can be reached."""
        ports = [option for port in self.pcscd.ports for option in ("--port", str(port))]
        command = [sys.executable, "-m", "cardbridge_card.cli", "run", *map(str, self.state_files), *ports]
        command += ["--runtime-file", str(self.runtime_file), *(["--empty"] if empty else [])]
        with (self.folder / "cards.log").open("ab") as log:
            self._cards_process = subprocess.Popen(command, stdout=log, stderr=log)
        self._await(self.runtime_file.exists, "the virtual card's control")

    def stop_cards(self) -> None:
        """SIGTERM to the virtual cards."""
        process, self._cards_process = self._cards_process, None
        if process is not None:
            process.terminate()
            process.wait(60)

    def wait_for_cards(self, present: Sequence[bool]) -> None:
        """Until OpenSC sees a card, or none, in each reader; `present` by reader."""
        wanted = dict(zip(self.reader_names, present, strict=True))
        self._await(lambda: wanted.items() <= self.cards_seen().items(), f"readers as {wanted}")

    def cards_seen(self) -> dict[str, bool]:
        """Reader -> a card is in it."""
        return cards_seen(self.env)

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _VISIBLE_S
        while not condition():
            if time.monotonic() > deadline:
                raise PcscdUnavailableError(f"waited in vain for {what}: {self.cards_seen()} seen")
            time.sleep(0.05)


@contextmanager
def pcsc_stack(cards: Sequence[Card] = (Card(),), *, readers: int | None = None) -> Iterator[Stack]:
    """A private pcscd with a card in each reader, as OpenSC sees it; all ended afterwards.

    `readers` more than cards: the rest is empty; fewer: the rest lies beside, for insert and swap.
    Cards of the same name get a number. Raises PcscdUnavailableError.
    """
    slots = len(cards) if readers is None else readers
    with ExitStack() as undo:
        # Short: a Unix socket's path has 107 octets at most.
        folder = Path(tempfile.mkdtemp(prefix="cb-pcsc-"))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "opensc.conf").write_text(OPENSC_CONF, "ascii")
        pcscd = PrivatePcscd(folder=folder, slots=slots)
        stack = Stack(folder=folder, pcscd=pcscd, state_files=issue(cards, folder))
        undo.callback(pcscd.stop)
        pcscd.start()
        undo.callback(stack.stop_cards)
        stack.start_cards()
        stack.wait_for_cards([number < len(cards) for number in range(slots)])
        yield stack


def issue(cards: Sequence[Card], folder: Path) -> list[Path]:
    """The state files of new cards in `folder`; those that exist are used as they are."""
    files: list[Path] = []
    for card in cards:
        path = card.state_file
        if path is None:
            path = folder / f"{card.name}.json"
            if path.exists():
                path = folder / f"{card.name}{len(files) + 1}.json"
            state.save(path, card.issue())
        files.append(path)
    return files
