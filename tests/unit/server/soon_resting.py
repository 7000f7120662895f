"""`cardbridge run` that rests as soon as it can: the same program, with shorter times (see test_resting).

RESTING_GATE: a folder; before the program is replaced, the file `there` appears in it and `go` is waited for.
RESTING_FILE: a file in place of the program's own, of which it must not be another.
RESTING_PROGRAM: what it becomes, in place of itself.
RESTING_BREAKS: its configuration is broken when it has given everything back.
RESTING_HEARS: the number of a signal that another thread hears in the turn in which it rests.
RESTING_OPENS_NONE: there is no file that is open before all others.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bridge import children, cli, confine, daemon, handover, logs, paths, readiness, resting
from bridge.core.layers import Layered
from bridge.server.listener import Listener

resting.QUIET_S = 0.3
readiness.KEPT_S = 0.2
logs._EACH_S = 0.001  # else the log's own measure takes half a minute
confine.keep_memory_private = lambda: True  # so that a test may look into /proc
children.program = lambda: [os.environ.get("RESTING_PROGRAM", sys.executable), "-P", __file__]
_try_replace, _run, _hand_on = handover.try_replace, daemon.run, Listener.hand_on


def _at_the_gate(command: Sequence[str], handed: handover.HandedOn, lock: int | None) -> None:
    gate = os.environ.get("RESTING_GATE")
    if gate is not None:
        Path(gate, "there").touch()
        while not Path(gate, "go").exists():
            time.sleep(0.01)
    _try_replace(command, handed, lock)


def _broken_then(layers: Layered, config_path: Path, **more: Any) -> int | handover.HandedOn:
    ended = _run(layers, config_path, **more)
    if not isinstance(ended, int):
        config_path.write_text("[[site]")
    return ended


def _hearing(listener: Listener) -> tuple[int, ...]:
    asyncio.get_running_loop()._handle_signal(int(os.environ["RESTING_HEARS"]))  # type: ignore[attr-defined]
    return _hand_on(listener)


handover.try_replace = _at_the_gate
if "RESTING_HEARS" in os.environ:
    Listener.hand_on = _hearing  # type: ignore[method-assign, assignment]
if "RESTING_BREAKS" in os.environ:
    daemon.run = _broken_then
if "RESTING_FILE" in os.environ:
    handover.program_files = lambda: (paths.stamp(Path(os.environ["RESTING_FILE"])),)
if not {handover.VARIABLE, "RESTING_OPENS_NONE"} & set(os.environ):
    # What a library might open, to be inherited by whatever is started.
    os.set_inheritable(os.open(__file__, os.O_RDONLY), True)

if __name__ == "__main__":
    sys.exit(cli.main())
