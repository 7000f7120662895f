"""One writer at a time, also among processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_S = 5.0
_EACH_S = 0.02


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock `path`, which is made where it is missing. It ends with the process, however that ends.

    Raises:
        TimeoutError: another process keeps it. OSError
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o600)
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while not _taken(handle):
            if time.monotonic() > deadline:
                raise TimeoutError(110, "another process keeps the audit log locked", str(path))
            time.sleep(_EACH_S)
        yield
    finally:
        os.close(handle)  # which lets go of it


if sys.platform == "win32":  # not run yet
    import msvcrt

    def _taken(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
