"""The two parts of the run: one daemon that lives through everything, and daemons that are killed."""

from __future__ import annotations

import os
import random
import traceback
from pathlib import Path

from tests.soak.desk import desk
from tests.soak.killing import Killing
from tests.soak.living import Living
from tests.soak.results import Result

_LIVING = 0.75
_PORTALS = 4


async def soaked(folder: Path, seconds: float, seed: int) -> Result:
    """Both parts; what is found is in the result."""
    load = os.getloadavg()[0]
    async with desk(folder, portals=_PORTALS) as office:
        living = Living(office, seed)
        killing = Killing(office, random.Random(seed))  # noqa: S311 - so that a run can be had again
        for run, part in ((living.run, _LIVING), (killing.run, 1 - _LIVING)):
            try:
                await run(seconds * part)
            except Exception:
                living.ledger.fault(f"the run itself: {traceback.format_exc()}")
    return Result(seed=seed, seconds=seconds, load=load, living=living, killing=killing)
