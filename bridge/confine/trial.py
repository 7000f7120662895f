"""Bounds put on and tried, for the diagnosis: a child process that says what is on here and what is refused.

Command line: the inherited connection, a folder in which nothing may be written.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bridge import children, confine


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What `bridge.confine.module` has put on, and whether these were refused afterwards."""

    privileges: bool
    calls: bool
    files: int
    dumps: bool
    memory: confine.Locked
    is_network_refused: bool
    is_writing_refused: bool
    is_program_refused: bool


def main(argv: list[str]) -> int:
    """Put the bounds of a driver on, try them, tell the connection."""
    (asker,) = children.inherited(argv[0])
    bounds = confine.module((), ())
    tried = Tried(
        privileges=bounds.privileges,
        calls=bounds.calls,
        files=bounds.files,
        dumps=bounds.dumps,
        memory=confine.keep_out_of_swap(),
        is_network_refused=_refused(lambda: socket.socket(socket.AF_INET).close()),
        is_writing_refused=_refused(lambda: _write(Path(argv[1]))),
        is_program_refused=_refused(_run),
    )
    asker.send_bytes(msgspec.json.encode(tried))
    return 0


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _write(folder: Path) -> None:
    file = folder / f".bounds-{os.getpid()}"
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    file.unlink()


def _run() -> None:
    subprocess.run(["/bin/true"], check=False)  # noqa: S603 - a fixed program, to see that it cannot be run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
