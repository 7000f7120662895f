"""The browsers that are known, by where their programs lie: Linux, and Windows (never run there)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

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

ON_WINDOWS = {
    "Google Chrome": (r"Google\Chrome\Application\chrome.exe",),
    "Microsoft Edge": (r"Microsoft\Edge\Application\msedge.exe",),
    "Firefox": (
        r"Mozilla Firefox\firefox.exe",
        r"WindowsApps\Mozilla.Firefox_*\VFS\ProgramFiles\Firefox Package Root\firefox.exe",
    ),
    "Brave": (r"BraveSoftware\Brave-Browser\Application\brave.exe",),
    "Vivaldi": (r"Vivaldi\Application\vivaldi.exe",),
    "Opera": (r"Opera\opera.exe", r"Programs\Opera\opera.exe"),
}
"""Name -> programs below a folder for programs."""

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


def below(folders: Iterable[str], path: str) -> str:
    """The name of the browser that `path` is on Windows, if it lies in its place below one of `folders`."""
    program, within = PureWindowsPath(path), [each for each in folders if PureWindowsPath(each).is_absolute()]
    for name, places in ON_WINDOWS.items():
        if any(program.match(str(PureWindowsPath(folder, place))) for folder in within for place in places):
            return name
    return ""
