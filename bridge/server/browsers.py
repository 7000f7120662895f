"""The browsers that are known, by where a system's packages put their programs. Linux only so far."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

KNOWN = {
    "Chromium": (
        "/usr/lib/chromium/chromium",
        "/usr/lib64/chromium/chromium",
        "/usr/lib/chromium-browser/chromium-browser",
        "/usr/lib64/chromium-browser/chromium-browser",
        "/snap/chromium/*/usr/lib/chromium-browser/chrome",
    ),
    "Google Chrome": ("/opt/google/chrome/chrome", "/opt/google/chrome-beta/chrome"),
    "Microsoft Edge": ("/opt/microsoft/msedge/msedge", "/opt/microsoft/msedge-beta/msedge"),
    "Firefox": (
        "/usr/lib/firefox/firefox",
        "/usr/lib64/firefox/firefox",
        "/usr/lib/firefox-esr/firefox-esr",
        "/opt/firefox/firefox",
        "/snap/firefox/*/usr/lib/firefox/firefox",
    ),
    "Brave": ("/opt/brave.com/brave/brave", "/snap/brave/*/opt/brave.com/brave/brave"),
    "Vivaldi": ("/opt/vivaldi/vivaldi-bin",),
    "Opera": ("/usr/lib/x86_64-linux-gnu/opera/opera", "/usr/lib/x86_64-linux-gnu/opera-stable/opera"),
}
"""Name -> programs; ``*`` stands for one part of a path. Run here: Debian's Chromium and Firefox ESR."""

_DELETED = " (deleted)"
_ROOT = 0


def browser_of(process: Path) -> str:
    """The name of the browser that runs as the process `process` (its folder below /proc); "" if none is.

    A program counts where its path is a known one and only the administrator can have put it there. One that
    has been replaced while it runs, by an update for example, still counts.

    Raises:
        OSError: the process is gone, or not ours to look at.
    """
    link = process / "exe"
    path = os.readlink(link)
    running = link.stat()
    if path.endswith(_DELETED) and running.st_nlink == 0:
        path = path.removesuffix(_DELETED)
        is_it = running.st_uid == _ROOT and _is_protected(Path(path).parent)
    else:
        is_it = _is_protected(Path(path)) and os.path.samestat(running, Path(path).stat())
    return _known(path) if is_it else ""


def _known(path: str) -> str:
    program = PurePosixPath(path)
    return next((name for name, places in KNOWN.items() if any(map(program.match, places))), "")


def _is_protected(path: Path) -> bool:
    """Whether nobody but the administrator can replace `path` or a folder on the way to it."""
    try:
        parts = [part.lstat() for part in (path, *path.parents)]
    except OSError:
        return False
    others = stat.S_IWGRP | stat.S_IWOTH
    return all(part.st_uid == _ROOT and not part.st_mode & others for part in parts)
