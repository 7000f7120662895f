"""Sites that have to wait: their windows are dismissed again and again, or none would open at all."""

from __future__ import annotations

from collections import deque

from bridge.core.errors import RateLimited
from bridge.core.origin import THE_USER, Origin

WITHIN_S = 60.0
PAUSE_S = 30.0
ALLOWED = 2
UNANSWERED = 5
"""How many requests may end within that time for what is on the card before there is a window, or have their
window withdrawn by the page."""


class Cancellations:
    """Counts by origin. Times are monotonic seconds.

    Args:
        allowed: as many within `WITHIN_S` bring the pause.
    """

    def __init__(self, allowed: int = ALLOWED) -> None:
        self._allowed = allowed
        self._times: dict[Origin, deque[float]] = {}
        self._until: dict[Origin, float] = {}

    def add(self, origin: Origin, now: float) -> None:
        if origin == THE_USER:  # who asks for a window may dismiss it as often as he likes
            return
        times = self._times.setdefault(origin, deque(maxlen=self._allowed))
        times.append(now)
        if len(times) == self._allowed and now - times[0] <= WITHIN_S:
            self._until[origin] = now + PAUSE_S
            times.clear()

    def forgotten_in_s(self, now: float) -> float:
        """Until it counts as a new one would; not above 0: it does."""
        counted = (times[-1] + WITHIN_S - now for times in self._times.values() if times)
        return max(0.0, *counted, *(until - now for until in self._until.values()), 0.0)

    def check(self, origin: Origin, now: float) -> None:
        """Raises: RateLimited, while the origin has to wait."""
        left = self._until.get(origin, now) - now
        if left > 0:
            raise RateLimited(retryAfterSeconds=-int(-left // 1))
        self._until.pop(origin, None)
