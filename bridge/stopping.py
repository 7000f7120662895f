"""`cardbridge stop`: ask the daemon to end as its tray's 終了 does, and wait until it has.

An installer asks the daemons of all users that run from its folder before it changes a file; what does not
end by itself is killed then. A worker that loses its daemon resets its card, so nothing stays open.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bridge import instance, paths
from bridge.starting import fail, say

_PATIENCE_S = 15.0
_LOOK_S = 0.1
_NOT_RUNNING = "動いていません。 / It is not running."
_ENDED = "終了しました。 / It has ended."
_STILL_RUNNING = "終了しませんでした。 / It has not ended."


def add_options(parser: argparse.ArgumentParser) -> None:
    """What follows `cardbridge stop`."""
    if sys.platform == "win32":
        parser.add_argument(
            "--all-users",
            action="store_true",
            help="この場所から起動した全員のもの（インストーラー用） / everybody's of this installation",
        )
    parser.set_defaults(verb=stop)


def stop(options: argparse.Namespace) -> int:
    """The verb. Raises: OSError."""
    if getattr(options, "all_users", False):
        return _everybodys(Path(sys.executable).parent)
    lock = paths.lock_file()
    pid = instance.running(lock)
    if pid is None:
        return say(_NOT_RUNNING)
    _ask(pid)
    if _comes_true(lambda: instance.running(lock) != pid):
        return say(_ENDED)
    return fail(_STILL_RUNNING)


def _ask(pid: int) -> None:
    if sys.platform == "win32":
        from bridge import winevents

        winevents.ask(pid, "stop")
    else:
        os.kill(pid, signal.SIGTERM)


def _comes_true(condition: Callable[[], bool]) -> bool:
    """Within our patience; looked at again and again, which only a command line may do."""
    ends_at = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > ends_at:
            return False
        time.sleep(_LOOK_S)
    return True


def _everybodys(folder: Path) -> int:
    """All processes whose program lies in `folder`, except this one: first asked, then killed."""
    found = _running_from(folder)
    if not found:
        return say(_NOT_RUNNING)
    for pid in found:  # only daemons hear it; their windows, workers and trays end with them
        _ask(pid)
    if _comes_true(lambda: not _running_from(folder)):
        return say(_ENDED)
    for pid in _running_from(folder):
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM)  # TerminateProcess
    return say(_ENDED) if _comes_true(lambda: not _running_from(folder)) else fail(_STILL_RUNNING)


def _running_from(folder: Path) -> list[int]:
    from bridge.winprocesses import processes

    wanted = os.path.normcase(folder)
    return [
        pid
        for pid, program in processes()
        if pid != os.getpid() and os.path.normcase(os.path.dirname(program)) == wanted
    ]
