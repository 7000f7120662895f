"""Times where people are."""

from __future__ import annotations

from datetime import datetime


def local(time: datetime) -> datetime:
    """`time` where people are; as it is where the calendar ends before that: 9999-12-31 says that a
    certificate has no end (RFC 5280, section 4.1.2.5)."""
    try:
        return time.astimezone()
    except OverflowError:
        return time
