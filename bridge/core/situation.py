"""How it stands with readers, cards and certificates, for the tray."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge.core.desktop import IconState
from bridge.core.readers import Reader

SOON_DAYS = 30
_TROUBLES = ("mute", "unsupported")


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """`ends` are those of the certificates that are known, the nearest first, and `now` is the time of day;
    all are aware, in the zone in which people read them.
    """

    service_available: bool
    has_driver: bool
    readers: tuple[Reader, ...]
    is_busy: bool
    ends: tuple[datetime, ...]
    now: datetime

    @property
    def icon(self) -> IconState:
        """What counts most of what there is to say."""
        if self.is_busy:
            return "working"
        if self._needs_attention:
            return "attention"
        return "card" if any(reader.state in ("present", "inUse") for reader in self.readers) else "ready"

    @property
    def _needs_attention(self) -> bool:
        return (
            not self.service_available
            or not self.has_driver
            or any(reader.state in _TROUBLES for reader in self.readers)
            or any(reader.card and reader.card.pin_state in ("locked", "finalTry") for reader in self.readers)
            or any(self.days_left(end) <= SOON_DAYS for end in self.ends)
        )

    def days_left(self, end: datetime) -> int:
        """Days on the calendar; negative where it is over."""
        if end <= self.now:
            return min(-1, (end.date() - self.now.date()).days)
        return (end.date() - self.now.date()).days
