"""How much of the audit log pages may fill without a person's doing (pure).

A window that a person has answered is always recorded. What a page can do as often as it likes is recorded
up to a number and counted beyond it: being refused, failing before there is a window, taking its window
away unanswered, logging in with an open session. Each allowed site has its own measure, so that no site can
hide another's; a site's failures cannot hide its logins; and whoever is not allowed shares one, whatever
names it makes up for itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

_AT_ONCE = 60
_EACH_S = 60.0
_REFUSED_AT_ONCE = 30
_REFUSED_EACH_S = 300.0
_SAME_SITE_S = 3600.0
_SITES_REMEMBERED = 64


class Bucket:
    """Holds `size` at most, and one more each `each_s` seconds."""

    def __init__(self, size: int, each_s: float, now: float) -> None:
        self._size, self._each_s = size, each_s
        self._level, self._at = float(size), now

    def take(self, now: float) -> bool:
        self._level = min(self._size, self._level + (now - self._at) / self._each_s)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def full_in_s(self, now: float) -> float:
        """Until it is as if nothing had ever been taken."""
        return (self._size - self._level) * self._each_s - (now - self._at)


class Throttle:
    """Says what is recorded. `now` is in monotonic seconds."""

    def __init__(self, skipped: int = 0) -> None:
        self._buckets: dict[Hashable, Bucket] = {}
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._skipped = skipped

    def admits(self, origin: str, *, is_ok: bool, now: float) -> bool:
        """Whether to record what an allowed site has done without a window; counts it if not."""
        bucket = self._buckets.get((origin, is_ok))
        if bucket is None:
            bucket = self._buckets[origin, is_ok] = Bucket(_AT_ONCE, _EACH_S, now)
        return self._counted(bucket.take(now))

    def admits_refused(self, origin: str, now: float) -> bool:
        """Whether to record that a site was refused: once an hour for the same one, and not too many."""
        last = self._refused.get(origin)
        if last is not None and now - last < _SAME_SITE_S:
            return self._counted(False)
        bucket = self._buckets.setdefault("refused", Bucket(_REFUSED_AT_ONCE, _REFUSED_EACH_S, now))
        if not bucket.take(now):
            return self._counted(False)
        self._refused[origin] = now
        self._refused.move_to_end(origin)
        if len(self._refused) > _SITES_REMEMBERED:
            self._refused.popitem(last=False)
        return True

    def take_skipped(self) -> int:
        """How many were not recorded since this was last asked."""
        skipped, self._skipped = self._skipped, 0
        return skipped

    def forgotten_in_s(self, now: float) -> float:
        """Until it measures as a new one would, but for what `take_skipped` says; not above 0: it does."""
        refused = (last + _SAME_SITE_S - now for last in self._refused.values())
        return max(0.0, *(each.full_in_s(now) for each in self._buckets.values()), *refused, 0.0)

    def _counted(self, is_admitted: bool) -> bool:
        self._skipped += not is_admitted
        return is_admitted
