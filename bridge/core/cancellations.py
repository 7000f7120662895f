"""Sites whose windows the user keeps dismissing have to wait."""

from __future__ import annotations

from collections import deque

from bridge.core.errors import RateLimited
from bridge.core.origin import THE_USER, Origin

WITHIN_S = 60.0
PAUSE_S = 30.0
ALLOWED = 2


class Cancellations:
    """Counts by origin. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._times: dict[Origin, deque[float]] = {}
        self._until: dict[Origin, float] = {}

    def add(self, origin: Origin, now: float) -> None:
        if origin == THE_USER:  # who asks for a window may dismiss it as often as he likes
            return
        times = self._times.setdefault(origin, deque(maxlen=ALLOWED))
        times.append(now)
        if len(times) == ALLOWED and now - times[0] <= WITHIN_S:
            self._until[origin] = now + PAUSE_S
            times.clear()

    def check(self, origin: Origin, now: float) -> None:
        """Raises: RateLimited, while the origin has to wait."""
        left = self._until.get(origin, now) - now
        if left > 0:
            raise RateLimited(retryAfterSeconds=-int(-left // 1))
        self._until.pop(origin, None)
