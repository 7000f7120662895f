"""Reader states as a page may see them (contract: `Reader`), free of anything that identifies a card."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec

from bridge.core.pinentry import PinState

ReaderState = Literal["empty", "present", "inUse", "mute", "unsupported"]

_SERIALS = (
    r"\s*\([^()]*\)(?=\s+[0-9a-f]{2}\s+[0-9a-f]{2}\s*$)",  # PC/SC lite: NAME [INTERFACE] (SERIAL) NN NN
    r"\s*\([^()]*\d[^()]*\)",
    r"\s*\([^()]*$",  # the same in a slot's description, which ends after 64 bytes
    r"\s*\[[^\[\]]*\d{3}[^\[\]]*\]",
    r"\s*\b0x[0-9a-f]+\b",
    r"\s*\b(?=[a-f]*\d)[0-9a-f]{8,}\b",
)
_SERIAL = re.compile("|".join(_SERIALS), re.IGNORECASE)


class Card(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A card in a reader. `pin_state` is `unknown` until a worker has seen the card."""

    type: str
    pin_state: PinState
    protected_authentication_path: bool
    tries_left: int | None = None


class Reader(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A reader under its public name."""

    name: str
    state: ReaderState
    card: Card | None = None


@lru_cache(maxsize=64)
def public_name(name: str) -> str:
    """`name` of a reader or a slot without serial numbers, white space folded.

    PC/SC puts the device's serial number in brackets; SoftHSM2 derives the slot number from the
    token's serial number.
    """
    while (shorter := _SERIAL.sub("", name)) != name:  # one may stand inside another
        name = shorter
    return " ".join(name.split()) or "reader"
