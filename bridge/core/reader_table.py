"""What PC/SC says of its readers, and how two such tables differ. Pure: the thread is in `bridge.pcsc`."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core.readers import ReaderState

_STATE_UNAVAILABLE = 0x0008
_STATE_EMPTY = 0x0010
_STATE_PRESENT = 0x0020
_STATE_EXCLUSIVE = 0x0080
_STATE_MUTE = 0x0200


@dataclass(frozen=True, slots=True, kw_only=True)
class PcscReader:
    """A reader under its full PC/SC name; `atr` is empty without a card."""

    name: str
    state: ReaderState
    atr: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PcscReaders:
    """All readers, or none while the PC/SC service is not available."""

    available: bool
    readers: tuple[PcscReader, ...] = ()


def reader_state(event_state: int) -> ReaderState:
    """SCARD_READERSTATE.dwEventState as a state of the contract (PC/SC part 5, section 3.2.3)."""
    if event_state & _STATE_UNAVAILABLE or not event_state & (_STATE_PRESENT | _STATE_EMPTY):
        return "unsupported"
    if event_state & _STATE_MUTE:
        return "mute"
    if not event_state & _STATE_PRESENT:
        return "empty"
    return "inUse" if event_state & _STATE_EXCLUSIVE else "present"
