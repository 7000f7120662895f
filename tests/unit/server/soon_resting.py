"""`cardbridge run` that rests as soon as it can: the same program, with shorter times (see test_resting).

RESTING_GATE: a folder; before the program is replaced, the file `there` appears in it and `go` is waited for.
RESTING_FILE: a file in place of the program's own, of which it must not be another.
RESTING_PROGRAM: what it becomes, in place of itself.
RESTING_OPENS_NONE: there is no file that is open before all others.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bridge import children, cli, confine, handover, logs, paths, readiness, resting

resting.QUIET_S = 0.3
readiness.KEPT_S = 0.2
logs._EACH_S = 0.001  # else the log's own measure takes half a minute
confine.keep_memory_private = lambda: True  # so that a test may look into /proc
children.program = lambda: [os.environ.get("RESTING_PROGRAM", sys.executable), "-P", __file__]
_try_replace = handover.try_replace


def _at_the_gate(command: Sequence[str], handed: handover.HandedOn, lock: int | None) -> None:
    gate = os.environ.get("RESTING_GATE")
    if gate is not None:
        Path(gate, "there").touch()
        while not Path(gate, "go").exists():
            time.sleep(0.01)
    _try_replace(command, handed, lock)


handover.try_replace = _at_the_gate
if "RESTING_FILE" in os.environ:
    handover.program_files = lambda: (paths.stamp(Path(os.environ["RESTING_FILE"])),)
if not {handover.VARIABLE, "RESTING_OPENS_NONE"} & set(os.environ):
    # What a library might open, to be inherited by whatever is started.
    os.set_inheritable(os.open(__file__, os.O_RDONLY), True)

if __name__ == "__main__":
    sys.exit(cli.main())
