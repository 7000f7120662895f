"""Replacing the program while its daemon runs (Debian package): out of the way, and back in the same session.

The package's scripts make `MARKER`, send SIGUSR2 to every user's daemon, put the new files in place and take
the marker away. The daemon gives everything back and becomes a shell that waits for that and starts the new
program: the same process number, environment and session, and root starts nothing on a user's behalf.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

MARKER = "/run/cardbridge-upgrade"
_WAIT = """
left=600
while [ -e "$0" ] && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done
exec "$@"
"""


def start_again(program: Sequence[str]) -> NoReturn:
    """Become what starts `program`, after the upgrade or ten minutes at most.

    Args:
        program: with its arguments, which must mean the same in every folder.

    Raises:
        OSError: there is no shell.
    """
    os.chdir(os.sep)
    command = ["/bin/sh", "-c", _WAIT, MARKER, *program]
    os.execv(command[0], command)  # noqa: S606 - a fixed script, our own program
