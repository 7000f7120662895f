"""Readers, the cards that lie beside them, and what the control may do with both."""

import asyncio
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import certificates, state
from .contents import CardContents
from .faults import Faults
from .piv import PivCard
from .vpcd import VirtualReader

# pcscd looks at vpcd's readers every 400 ms; a shorter absence may go unseen.
_ABSENCE_S = 1.2

_log = logging.getLogger(__name__)


class OrderRefusedError(Exception):
    """What was ordered makes no sense now; the text is for the person who ordered it."""


@dataclass(slots=True, kw_only=True)
class FiledCard:
    """A card and the file that remembers it."""

    name: str
    path: Path
    stored: CardContents
    card: PivCard
    expired: bool = False

    def keep(self) -> None:
        """Puts changed counters, PIN and PUK on the disk; certificates stay as they were made."""
        now = self.card.contents
        if now.pin is self.stored.pin and now.puk is self.stored.puk:
            return
        self.stored = replace(self.stored, pin=now.pin, puk=now.puk)
        state.save(self.path, self.stored)


class Station:
    """One process's readers (by vpcd port) and cards (by file). Reader numbers begin with 1."""

    def __init__(self, files: list[Path], ports: list[int]) -> None:
        self._cards = [_load(path) for path in files]
        self.readers = [VirtualReader(port, self._keep) for port in ports]

    def insert_all(self) -> None:
        """The first card into the first reader, and so on."""
        for reader, filed in zip(self.readers, self._cards, strict=False):
            reader.insert(filed.card)

    async def serve(self) -> None:
        """All readers, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for reader in self.readers:
                group.create_task(reader.run())

    def status(self) -> dict[str, Any]:
        """What the control shows; nothing in it is secret."""
        held = [reader.card for reader in self.readers]
        return {
            "readers": [self._reader_status(reader) for reader in self.readers],
            "cards": [{"name": filed.name, "inserted": filed.card in held} for filed in self._cards],
        }

    def insert(self, number: int, name: str | None) -> None:
        """Puts the named card, or the first that lies beside, into the reader."""
        reader = self._reader(number)
        if reader.card is not None:
            raise OrderRefusedError("リーダには既にカードがあります。")
        reader.insert(self._lying_beside(name).card)

    def remove(self, number: int) -> None:
        """Takes the card out, also in the middle of a signature."""
        if self._reader(number).remove() is None:
            raise OrderRefusedError("リーダにカードがありません。")

    async def swap(self, number: int, name: str | None) -> None:
        """Takes the card out and puts another in; over when that one is in."""
        reader = self._reader(number)
        other = self._lying_beside(name)
        reader.remove()
        await asyncio.sleep(_ABSENCE_S)
        if reader.card is not None:
            raise OrderRefusedError("リーダには既にカードがあります。")
        reader.insert(self._lying_beside(other.name).card)

    def set_tries(self, number: int, tries: int) -> None:
        """Sets the PIN's counter; 0 blocks the PIN."""
        filed = self._inserted(number)
        pin = filed.card.contents.pin
        if not 0 <= tries <= pin.tries_max:
            raise OrderRefusedError(f"回数は0から{pin.tries_max}までです。")
        filed.card.overwrite(replace(filed.card.contents, pin=replace(pin, tries_left=tries)))
        filed.keep()

    def set_puk_tries(self, number: int, tries: int) -> None:
        """Sets the PUK's counter; 0 blocks it for good."""
        filed = self._inserted(number)
        puk = filed.card.contents.puk
        if not 0 <= tries <= puk.tries_max:
            raise OrderRefusedError(f"回数は0から{puk.tries_max}までです。")
        filed.card.overwrite(replace(filed.card.contents, puk=replace(puk, tries_left=tries)))
        filed.keep()

    async def expire(self, number: int) -> None:
        """Puts the card back with certificates that ended yesterday."""
        filed = self._inserted(number)
        over = {ref: certificates.expired_copy(slot) for ref, slot in filed.stored.slots.items()}
        filed.card.overwrite(filed.card.contents.with_certificates(over))
        filed.expired = True
        await self._reinsert(self._reader(number))

    async def renew(self, number: int) -> None:
        """Puts the card back with the certificates it was made with."""
        filed = self._inserted(number)
        original = {ref: slot.certificate for ref, slot in filed.stored.slots.items()}
        filed.card.overwrite(filed.card.contents.with_certificates(original))
        filed.expired = False
        await self._reinsert(self._reader(number))

    def arm(self, number: int, **changes: Any) -> None:
        """Changes the reader's faults; see Faults."""
        reader = self._reader(number)
        reader.faults = replace(reader.faults, **changes)

    def heal(self, number: int) -> None:
        """No faults any more."""
        self._reader(number).faults = Faults()

    async def _reinsert(self, reader: VirtualReader) -> None:
        card = reader.remove()
        await asyncio.sleep(_ABSENCE_S)
        if card is not None and reader.card is None:
            reader.insert(card)

    def _reader(self, number: int) -> VirtualReader:
        if not 1 <= number <= len(self.readers):
            raise OrderRefusedError(f"リーダ{number}はありません。")
        return self.readers[number - 1]

    def _inserted(self, number: int) -> FiledCard:
        card = self._reader(number).card
        for filed in self._cards:
            if filed.card is card:
                return filed
        raise OrderRefusedError("リーダにカードがありません。")

    def _lying_beside(self, name: str | None) -> FiledCard:
        held = [reader.card for reader in self.readers]
        for filed in self._cards:
            if filed.card not in held and name in (None, filed.name):
                return filed
        raise OrderRefusedError("そのカードは手元にありません。" if name else "手元にカードがありません。")

    def _keep(self, card: PivCard) -> None:
        for filed in self._cards:
            if filed.card is card:
                filed.keep()

    def _reader_status(self, reader: VirtualReader) -> dict[str, Any]:
        faults = reader.faults
        filed = next((filed for filed in self._cards if filed.card is reader.card), None)
        return {
            "port": reader.port,
            "connected": reader.connected,
            "signatures": reader.signatures,
            "slowMs": faults.slow_ms,
            "ejectDuringSignature": faults.eject_during_signature,
            "wrongSignatures": faults.wrong_signatures,
            "failures": faults.failing_count,
            "card": None if filed is None else _card_status(filed),
        }


def _card_status(filed: FiledCard) -> dict[str, Any]:
    now = filed.card.contents
    return {
        "name": filed.name,
        "pinTriesLeft": now.pin.tries_left,
        "pinTries": now.pin.tries_max,
        "pukTriesLeft": now.puk.tries_left,
        "pinVerified": filed.card.pin_verified,
        "expired": filed.expired,
        "keys": [f"{reference:02X}" for reference in sorted(now.slots)],
    }


def _load(path: Path) -> FiledCard:
    stored = state.load(path)
    name = path.name.removesuffix(".json")
    return FiledCard(name=name, path=path, stored=stored, card=PivCard(stored))
