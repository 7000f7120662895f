"""What PC/SC says of its readers, and how two such tables differ. Pure: the thread is in `bridge.pcsc`."""

from __future__ import annotations

import msgspec

from bridge.core.readers import ReaderState

_STATE_UNAVAILABLE = 0x0008
_STATE_EMPTY = 0x0010
_STATE_PRESENT = 0x0020
_STATE_EXCLUSIVE = 0x0080
_STATE_MUTE = 0x0200


class PcscReader(msgspec.Struct, frozen=True, kw_only=True):
    """A reader under its full PC/SC name; `atr` is empty without a card."""

    name: str
    state: ReaderState
    atr: bytes = b""

    @property
    def holds_card(self) -> bool:
        """Whether a card is in it, as far as the reader answers at all."""
        return self.state not in ("empty", "unsupported")


class PcscReaders(msgspec.Struct, frozen=True, kw_only=True):
    """All readers, or none while the PC/SC service is not available."""

    available: bool
    readers: tuple[PcscReader, ...] = ()


_SLOT_DESCRIPTION_BYTES = 64


def is_slot_of(description: str, reader: str) -> bool:
    """Whether a slot's description (CK_SLOT_INFO: 64 bytes, padded) is the name of the PC/SC `reader`."""
    cut = reader.encode()[:_SLOT_DESCRIPTION_BYTES].decode(errors="ignore")
    return description.strip() == cut.strip()


def emptied(before: PcscReaders, after: PcscReaders) -> list[str]:
    """Names of the readers that held a card and hold it no more."""
    still = {reader.name: reader for reader in after.readers if reader.holds_card}
    held = [reader for reader in before.readers if reader.holds_card]
    return [r.name for r in held if r.name not in still or (r.atr and still[r.name].atr not in (b"", r.atr))]


def reader_state(event_state: int) -> ReaderState:
    """SCARD_READERSTATE.dwEventState as a state of the contract (PC/SC part 5, section 3.2.3)."""
    if event_state & _STATE_UNAVAILABLE or not event_state & (_STATE_PRESENT | _STATE_EMPTY):
        return "unsupported"
    if event_state & _STATE_MUTE:
        return "mute"
    if not event_state & _STATE_PRESENT:
        return "empty"
    return "inUse" if event_state & _STATE_EXCLUSIVE else "present"
