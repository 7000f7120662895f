"""What a child process gives up before it does its work. Linux; elsewhere nothing of it is on.

A kernel that lacks one of these goes on without it: `cardbridge doctor` says what is on. Made of the system
calls themselves, since no library for them is kept up on PyPI (seccomp(2), landlock(7), prctl(2), mlock(2)).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from bridge.core.record import Record

Locked = Literal["all", "part", "none"]


class Bounds(Record):
    """What is on.

    Args:
        privileges: exec gives no new ones (PR_SET_NO_NEW_PRIVS).
        calls: the system calls are filtered (seccomp).
        files: the version of Landlock's interface; 0 where it is not there.
        dumps: no core dump, and no other program of this user looks into the memory (PR_SET_DUMPABLE).
    """

    privileges: bool = False
    calls: bool = False
    files: int = 0
    dumps: bool = False


def module(writable: Iterable[Path], programs: Iterable[Path]) -> Bounds:
    """For a vendor's module: no network, no file written but in `writable`, no program run but `programs`.

    Local sockets stay (pcscd), and those of the kernel that tell of USB devices; devices stay as they are.
    """
    if not _is_linux():
        return Bounds()
    from bridge.confine import kernel, landlock, seccomp

    dumps, privileges = keep_memory_private(), kernel.no_new_privileges()
    files = landlock.restrict(
        writes=(*_DEVICES_OF_MODULES, *SCRATCH, *writable),
        executes=(*kernel.loaders(), *programs),
    )
    calls = seccomp.restrict(families=seccomp.LOCAL_AND_KERNEL, may_execute=True)
    return Bounds(privileges=privileges, calls=calls, files=files, dumps=dumps)


def documents() -> Bounds:
    """For what reads a stranger's document: no socket at all, nothing written, no program, no file of the
    person's read. What it has open stays.
    """
    if not _is_linux():
        return Bounds()
    from bridge.confine import kernel, landlock, seccomp

    dumps, privileges = keep_memory_private(), kernel.no_new_privileges()
    files = landlock.restrict(writes=(), executes=(), reads=_library_folders())
    calls = seccomp.restrict(families=(), may_execute=False)
    return Bounds(privileges=privileges, calls=calls, files=files, dumps=dumps)


def window_files() -> int:
    """For a window, before there is one: no file is written. The version of Landlock's interface."""
    if not _is_linux():
        return 0
    from bridge.confine import kernel, landlock

    keep_memory_private()
    kernel.no_new_privileges()
    return landlock.restrict(writes=(), has_network=True, is_visible=True)


def window_calls() -> bool:
    """For a window that is there: no program, and no network, unless the screen is another computer's."""
    if not _is_linux():
        return False
    from bridge.confine import seccomp

    display = os.environ.get("DISPLAY", "")
    is_remote = not display.startswith((":", "unix:", "/"))
    return seccomp.restrict(families=None if is_remote else seccomp.LOCAL_AND_KERNEL, may_execute=False)


def keep_memory_private() -> bool:
    """No core dump of this process, neither in a file nor through a program (core(5)), and no debugger."""
    if not _is_linux():
        return False
    import resource

    from bridge.confine import kernel

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return kernel.not_dumpable()


def set_name(name: str) -> bool:
    """What other programs see this process called, in /proc/PID/comm: 15 bytes at most."""
    if not _is_linux():
        return False
    from bridge.confine import kernel

    return kernel.set_name(name)


def keep_out_of_swap() -> Locked:
    """Keep this process's memory in RAM, as far as RLIMIT_MEMLOCK lets it: call it before a PIN comes."""
    if not _is_linux():
        return "none"
    from bridge.confine import memory

    return memory.lock()


SCRATCH = tuple(map(Path, ("/tmp", "/var", "/run/lock", "/dev/shm")))  # noqa: S108 - where modules may write
_DEVICES_OF_MODULES = (
    *map(Path, ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/bus/usb")),
)


def _library_folders() -> tuple[Path, ...]:
    """Where this interpreter, its packages and the machine's fonts are."""
    home = os.environ.get("HOME", "/nonexistent")
    data = os.environ.get("XDG_DATA_HOME") or f"{home}/.local/share"
    system = (
        "/usr",
        "/lib",
        "/lib64",
        "/etc/fonts",
        "/etc/localtime",
        "/etc/ld.so.cache",
        "/etc/ssl",
        "/proc/self",
    )
    devices = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
    fonts = ("/var/cache/fontconfig", f"{home}/.fonts", f"{data}/fonts")
    own = (sys.prefix, sys.base_prefix, *(each for each in sys.path if os.path.isabs(each)))
    return tuple(map(Path, (*system, *devices, *fonts, *own)))


def _is_linux() -> bool:
    return sys.platform.startswith("linux")
