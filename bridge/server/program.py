"""Which program holds the other end of a loopback TCP connection, for the window that it makes appear.

An origin says which site asks only if a browser has written it: any other program of the same user can write
what it likes. So the window says when it was not a known browser. It is a warning, not a barrier: a program
of the same user can also drive the person's own browser.

Linux (proc(5)). Windows (`processes`; seen under wine only): a browser counts in the folder for everybody's
programs, where only administrators write; of one that was installed for a single person nothing is said.
macOS: nothing, since all windows of WebKit connect through one program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.core.consent import Program
from bridge.server.browsers import below, browser_of
from bridge.server.owner import inode_of
from bridge.server.processes import Address, own_holders, program_paths

if TYPE_CHECKING:
    from bridge.registry import Registry

_PROC = Path("/proc")
_WINDOWS = r"Software\Microsoft\Windows\CurrentVersion"
_PROGRAM_FOLDERS = ("ProgramFilesDir", "ProgramFilesDir (x86)")


def program_of(peer: Address, own: Address) -> Program | None:
    """Who is at `peer`, connected to us at `own`; takes milliseconds. None where the system does not tell.

    Where several processes hold the socket, the first that is no known browser counts. A program that
    cannot be found has neither path nor browser.
    """
    if sys.platform == "win32":
        from bridge.registry import WindowsRegistry

        return windows_program_of(peer, own, WindowsRegistry())
    if sys.platform != "linux":
        return None
    try:
        inode = inode_of(peer, own)
    except OSError:
        inode = None
    programs = [] if inode is None else list(programs_at(inode))
    strangers = (program for program in programs if not program.browser)
    return next(strangers, programs[0] if programs else Program())


def windows_program_of(peer: Address, own: Address, registry: Registry) -> Program | None:
    """The same on Windows."""
    try:
        paths = program_paths(own_holders(peer, own, "win32"))
        values = registry.values(_WINDOWS)
    except (ImportError, OSError):
        return Program()
    everybodys = [str(values[name]) for name in _PROGRAM_FOLDERS if name in values]
    path = next(iter(paths), "")
    if below([os.environ.get("LOCALAPPDATA", "")], path):
        return None
    return Program(path=path, browser=below(everybodys, path))


def programs_at(inode: int) -> Iterator[Program]:
    """The programs that have the socket open, of those whose processes may be looked at."""
    for process in _holders(inode):
        with suppress(OSError):  # it has ended meanwhile
            browser = browser_of(process)
            yield Program(path=os.readlink(process / "exe"), browser=browser)


def _holders(inode: int) -> Iterator[Path]:
    """The processes, as folders below /proc, that have the socket open; others' cannot be read."""
    wanted = f"socket:[{inode}]"
    for process in _PROC.iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if _holds(process, wanted):
                    yield process


def _holds(process: Path, wanted: str) -> bool:
    with os.scandir(process / "fd") as handles:
        for handle in handles:
            with suppress(FileNotFoundError):
                if os.readlink(handle.path) == wanted:
                    return True
    return False
