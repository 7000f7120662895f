"""A daemon that has been used becomes a fresh one: exec(3) of the same program, the only way to unload one.

Process number, listening sockets, lock and the tray's pipe stay: the descriptors are inherited, and what they
are is written into a pipe whose number is in an environment variable, which is removed at once. None of them
is believed unseen: sockets must listen on loopback in the configured range (`bridge.server.listener`), the
lock must be the lock's file (`bridge.instance`), the tray a child of this process. Who starts a program
decides what it inherits, here as everywhere.

Not for Windows, where exec makes another process.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec

from bridge.core.decoding import json_decoder
from bridge.paths import Stamp, stamp

_log = logging.getLogger(__name__)

VARIABLE = "CARDBRIDGE_HANDED_ON"
_MOST_BYTES = 4096
_LOOK_S = 0.02
_OPEN_FILES = "/dev/fd"
_LIBRARIES = "LD_LIBRARY_PATH"
_FIRST_FREE = 3
_Descriptor = Annotated[int, msgspec.Meta(ge=_FIRST_FREE, le=1 << 20)]
_Process = Annotated[int, msgspec.Meta(ge=1, le=1 << 30)]


class HandedTray(msgspec.Struct, frozen=True, kw_only=True):
    """Our end of the tray's connection, and the child's process number."""

    control: _Descriptor
    pid: _Process


class HandedOn(msgspec.Struct, frozen=True, kw_only=True):
    """Descriptors by their numbers. `skipped`: what the audit log has still to say that it left out."""

    sockets: tuple[_Descriptor, ...]
    tray: HandedTray | None = None
    skipped: int = 0
    lock: _Descriptor | None = None
    pid: _Process | None = None


_handed = json_decoder(HandedOn)


def received() -> HandedOn | None:
    """What the program before this one handed on; None where this is a start like any other."""
    number = os.environ.pop(VARIABLE, "")
    if sys.platform == "win32" or not number.isdecimal():
        return None
    try:
        if not stat.S_ISFIFO(os.fstat(int(number)).st_mode):
            return None
        os.set_blocking(int(number), False)
        with open(int(number), "rb", buffering=0) as pipe:
            handed = _handed(pipe.read(_MOST_BYTES) or b"")
    except (OSError, OverflowError, msgspec.DecodeError):
        return None
    return handed if handed.pid == os.getpid() else None


def try_replace(command: Sequence[str], handed: HandedOn, lock: int | None) -> None:
    """Become `command`, which finds what is handed on by `received`. Where this returns, all is as before."""
    try:
        _replace(command, msgspec.structs.replace(handed, lock=lock, pid=os.getpid()))
    except OSError as error:
        _log.warning("no fresh start, the daemon goes on as it is: %s", error)


def _replace(command: Sequence[str], handed: HandedOn) -> NoReturn:
    if threading.active_count() > 1:
        raise OSError(errno.EBUSY, f"threads are still at work: {threading.enumerate()}")
    reader, writer = os.pipe()
    tray = () if handed.tray is None else (handed.tray.control,)
    lock = () if handed.lock is None else (handed.lock,)
    inherited = {reader, *lock, *handed.sockets, *tray}
    try:
        if min(inherited) < _FIRST_FREE:
            raise OSError(errno.EBADF, "a standard stream was closed, and something else has its number")
        with open(writer, "wb", buffering=0) as pipe:
            pipe.write(msgspec.json.encode(handed))
        _let_inherit(inherited)
        os.execve(command[0], list(command), _environment(reader))  # noqa: S606 - our own program, no shell
    finally:
        os.close(reader)
        _let_inherit(())


def _let_inherit(inherited: Collection[int]) -> None:
    """Exactly these and the three standard ones, also where a library has opened others to be inherited."""
    for number in map(int, os.listdir(_OPEN_FILES)):
        if number > 2:
            with suppress(OSError):  # that of the listing itself is closed again
                os.set_inheritable(number, number in inherited)


def _environment(reader: int) -> dict[str, str]:
    """A frozen program is to begin anew, not as a child of the one that it was (PyInstaller's bootloader).

    The bootloader puts its folder before `_LIBRARIES`, each time, and keeps what was there.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("_PYI_")}
    if getattr(sys, "frozen", False):
        kept["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
        kept.pop(_LIBRARIES, None)
        if (before := kept.pop(f"{_LIBRARIES}_ORIG", None)) is not None:
            kept[_LIBRARIES] = before
    return {**kept, VARIABLE: str(reader)}


Files = tuple[Stamp | None, ...]


def program_files() -> Files:
    """What changes when the program's files are replaced: then it is not the same that would be started."""
    frozen: str | None = getattr(sys, "_MEIPASS", None)
    return stamp(Path(sys.executable)), stamp(
        Path(frozen) if frozen else Path(__file__).with_name("__init__.py")
    )


if sys.platform != "win32":
    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)

    def hold_signals() -> None:
        """From now on they wait, also for the next program: a blocked signal stays pending over exec(3).

        Counts for this thread and those that it starts.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def let_signals_through() -> None:
        """The handlers are there: what has waited comes now."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def are_signals_held() -> bool:
        """Whether `hold_signals` counts."""
        return signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())

else:

    def hold_signals() -> None:
        """There is no rest here."""

    def let_signals_through() -> None:
        """There is no rest here."""

    def are_signals_held() -> bool:
        """There is no rest here."""
        return False


class HandedChild:
    """A child of this process from before it became what it is: what is used of a `subprocess.Popen`.

    Raises:
        OSError: it is no child of this process, or has ended.
    """

    def __init__(self, pid: int) -> None:
        if os.waitpid(pid, os.WNOHANG)[0]:
            raise OSError(errno.ECHILD, "it has ended")
        self.pid = pid
        self._is_over = False

    def wait(self, timeout: float | None = None) -> None:
        """Until it has ended. Raises: subprocess.TimeoutExpired."""
        ends_at = None if timeout is None else time.monotonic() + timeout
        while not self._has_ended(os.WNOHANG if ends_at is not None else 0):
            if ends_at is not None and time.monotonic() > ends_at:
                raise subprocess.TimeoutExpired([], timeout or 0.0)
            time.sleep(_LOOK_S)

    def kill(self) -> None:
        """A number that is not waited for yet is nobody else's."""
        if not self._is_over:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _has_ended(self, options: int) -> bool:
        if not self._is_over:
            try:
                self._is_over = os.waitpid(self.pid, options)[0] != 0
            except ChildProcessError:
                self._is_over = True
        return self._is_over
