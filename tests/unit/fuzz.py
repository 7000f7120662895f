"""How much hypothesis tries in the unit tests: enough to find things, quick on a loaded machine.

`make fuzz` sets `CARDBRIDGE_EXAMPLES`. Where `CI` is set, the same is tried each time.
"""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("CARDBRIDGE_EXAMPLES", "0"))

quick = settings(
    max_examples=EXAMPLES or 100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    derandomize=bool(os.environ.get("CI")),
)
brief = settings(quick, max_examples=EXAMPLES or 10)
"""For what takes milliseconds each."""
