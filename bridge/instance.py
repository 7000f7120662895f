"""One daemon a user: the lock that it holds, and how a second start reaches the first.

A POSIX record lock (fcntl(2), F_SETLK) on a file in the user's own folder: the kernel lets go of it with the
process, and names the process that holds it, so that nothing stale is ever believed. On Windows one byte far
behind the file's end is locked instead (LockFile), and the file holds the process's number, which counts only
while that process can be asked something (`bridge.winevents`).
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.paths import private_folder, read_private

_FLOCK = "@qqihh" if sys.platform == "darwin" else "@hhqqi4x"
_LONGEST_NUMBER = 20


class AlreadyRunning(Exception):
    """The lock is held; `pid` is the process that holds it, where the system tells."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"held by {pid}")
        self.pid = pid

    def ask_for_settings(self) -> bool:
        """Let the first daemon show its settings; whether it could be asked."""
        if self.pid is None:
            return False
        if sys.platform == "win32":
            return winevents.ask(self.pid, "settings")
        try:
            os.kill(self.pid, signal.SIGUSR1)
        except OSError:
            return False
        return True


@contextmanager
def only_one(file: Path, handed_on: int | None = None) -> Iterator[int]:
    """Hold the lock by the descriptor that is given. What `ask_for_settings` sends ends nobody from here on.

    Args:
        handed_on: a descriptor of this file, by which the process has held the lock before it became what it
            is (`bridge.handover`); its signals wait then, and none is thrown away.

    Raises:
        AlreadyRunning
        OSError: the folder cannot be written, or belongs to somebody else.
    """
    private_folder(file.parent)
    if handed_on is not None and _is(handed_on, file):
        handle = handed_on
        os.set_inheritable(handle, False)
    else:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        if sys.platform != "win32":
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        _lock(handle, file)
        yield handle
    finally:
        os.close(handle)


def _is(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.lstat())
    except OSError:
        return False


def running(file: Path) -> int | None:
    """The process that holds the lock; None where none does.

    Raises:
        OSError: the file is there and cannot be opened, or is a link.
    """
    if sys.platform == "win32":
        return _written(file)
    try:
        handle = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        return _holder(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    from bridge import winevents

    _FAR_BEHIND = 1 << 30  # bytes that are locked can be read by nobody else

    def _lock(handle: int, file: Path) -> None:
        os.lseek(handle, _FAR_BEHIND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            raise AlreadyRunning(_written(file)) from None
        os.lseek(handle, 0, os.SEEK_SET)
        os.ftruncate(handle, 0)
        os.write(handle, b"%d" % os.getpid())

    def _written(file: Path) -> int | None:
        """The process whose number stands in the file, if it is a daemon."""
        try:
            pid = int(read_private(file, _LONGEST_NUMBER))
        except (FileNotFoundError, ValueError):
            return None
        return pid if winevents.listens(pid) else None

else:
    import fcntl

    def _lock(handle: int, file: Path) -> None:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_holder(handle)) from None

    def _holder(handle: int) -> int | None:
        """Who holds it (F_GETLK); 0 is a process that this one cannot see."""
        darwin = sys.platform == "darwin"
        asked = (0, 0, 0, fcntl.F_WRLCK, 0) if darwin else (fcntl.F_WRLCK, 0, 0, 0, 0)
        told = struct.unpack(_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, struct.pack(_FLOCK, *asked)))
        pid: int = told[2] if darwin else told[4]
        return pid if pid > 0 else None
