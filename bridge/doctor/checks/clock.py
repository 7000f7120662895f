"""The computer's clock, without asking anybody on the network.

What is compared: what the kernel says of its synchronisation (adjtimex(2), Linux), this program's own date,
the time when the last operation was recorded, and the beginning of the certificates on the card. A clock that
is wrong and consistent with all of these is not found.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bridge import paths
from bridge.audit.reading import read
from bridge.core.finding import Finding
from bridge.doctor.checks.card import facts_of
from bridge.doctor.place import Place
from bridge.pkcs11.wire import Inspected

NOT_BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
"""This version was not there before."""

_TOLERANCE = timedelta(minutes=5)
_TIME_ERROR = 5  # TIME_ERROR of <sys/timex.h>: not synchronised
_TIMEX_BYTES = 512  # more than struct timex has


def clock(place: Place) -> Iterable[Finding]:
    now = place.now()
    values = {"now": f"{now.astimezone():%Y-%m-%d %H:%M %z}"}
    earliest = max(NOT_BEFORE, *_moments(place))
    if now < earliest - _TOLERANCE:
        detail = f"not before {earliest:%Y-%m-%dT%H:%MZ}"
        yield Finding(id="clock", code="clock_behind", state="failure", values=values, detail=detail)
        return
    is_synchronised = _synchronised()
    if is_synchronised is None:
        yield Finding(id="clock", code="clock_plausible", state="ok", values=values)
    elif is_synchronised:
        yield Finding(id="clock", code="clock_good", state="ok", values=values)
    else:
        yield Finding(id="clock", code="clock_alone", state="warning", values=values)


def _moments(place: Place) -> list[datetime]:
    """What has certainly been before now."""
    found = [NOT_BEFORE]
    try:
        for record in read(paths.audit_folder(), most=1).records:
            found.append(datetime.fromisoformat(record.time))
    except (OSError, ValueError):
        pass
    for seen in place.seen.inspected.values():
        if isinstance(seen, Inspected):
            found += [facts.not_before for token in seen.tokens for facts in facts_of(token)]
    return [moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in found]


def _synchronised() -> bool | None:
    """None where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError):
        return None
    state = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))  # all zero: modes 0 changes nothing
    return None if state < 0 else bool(state != _TIME_ERROR)
