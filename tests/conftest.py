"""Every test with hypothesis is as thorough as `tests.unit.fuzz` says, and none fails for being slow. Those
that run at the same time get different ports.
"""

import os

from hypothesis import settings

from cardbridge_demo import ports
from tests.unit.fuzz import quick

if (worker := os.environ.get("PYTEST_XDIST_WORKER")) is not None:
    ports.keep_to(int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))

settings.register_profile("here", quick)
settings.load_profile("here")
