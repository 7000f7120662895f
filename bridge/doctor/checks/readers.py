"""The smart card service, the readers, and who else uses them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from bridge.core.finding import Finding
from bridge.core.readers import public_name
from bridge.doctor.place import Place
from bridge.pcsc.monitor import ServiceGone, look
from bridge.pcsc.programs import programs_using_cards

_SOCKET = "/run/pcscd/pcscd.comm"
_SERVICES = ("usr/sbin/pcscd", "usr/bin/pcscd")
_DENIED = ("0x8010006a",)


def service(place: Place) -> Iterable[Finding]:
    """Whether PC/SC can be asked."""
    try:
        place.seen.readers = look()
    except ServiceGone as error:
        yield _gone(place, str(error))
    else:
        yield Finding(id="pcsc", code="pcsc_good", state="ok")


def _gone(place: Place, said: str) -> Finding:
    """Why it cannot, on Linux by what of pcsc-lite is there."""
    socket = Path(os.environ.get("PCSCLITE_CSOCK_NAME") or _SOCKET)
    if not sys.platform.startswith("linux"):
        code = "pcsc_stopped"
    elif not any((place.root / each).exists() for each in _SERVICES):
        code = "pcsc_missing"
    elif said in _DENIED or socket.exists() and not os.access(socket, os.W_OK):
        code = "pcsc_denied"
    else:
        code = "pcsc_down"
    return Finding(id="pcsc", code=code, state="failure", values={"socket": str(socket)}, detail=said)


def readers(place: Place) -> Iterable[Finding]:
    """Every reader with what is in it; more than one card is worth a word."""
    seen = place.seen.readers
    if seen is None:
        yield Finding(id="readers", code="pcsc_first", state="skipped")
        return
    if not seen.readers:
        yield Finding(id="readers", code="reader_none", state="failure")
        return
    for reader in seen.readers:
        values = {"reader": public_name(reader.name)}
        is_bad = reader.state in ("mute", "unsupported")
        state = "failure" if is_bad else "warning" if reader.state == "inUse" else "ok"
        yield Finding(
            id="readers",
            code=f"reader_{reader.state}",
            state="failure" if state == "failure" else "warning" if state == "warning" else "ok",
            values=values,
            detail=reader.atr.hex(" ") and f"ATR {reader.atr.hex(' ')}",
        )
    cards = sum(reader.holds_card for reader in seen.readers)
    if not cards:
        yield Finding(id="card", code="card_none", state="warning")
    elif cards > 1:
        yield Finding(id="card", code="card_several", state="ok", values={"count": str(cards)})


def sharing(place: Place) -> Iterable[Finding]:
    """Other programs that use cards, which may keep this one waiting."""
    if not sys.platform.startswith("linux"):
        yield Finding(id="sharing", code="not_here", state="skipped")
        return
    others = programs_using_cards(os.getpid(), place.root / "proc", also_own=place.daemon())
    seen = place.seen.readers
    is_held = seen is not None and any(reader.state == "inUse" for reader in seen.readers)
    if not others:
        yield Finding(id="sharing", code="sharing_nobody", state="ok")
    else:
        yield Finding(
            id="sharing",
            code="sharing_held" if is_held else "sharing_others",
            state="warning" if is_held else "ok",
            values={"programs": ", ".join(others)},
        )
