"""Which interpreters and backends are tried for the tray, in which order."""

from __future__ import annotations

import os
import stat
import sys
from importlib.util import find_spec
from pathlib import Path

_SYSTEMS_PYTHON = Path("/usr/bin/python3")
_BOOT = Path(__file__).with_name("boot.py")
_PACKAGES = ("bridge", "pystray", "six")


def candidates() -> list[tuple[list[str] | None, str]]:
    """Commands and backends, the best first; None stands for our own interpreter.

    Empty where there is no display at all.
    """
    if sys.platform in ("win32", "darwin"):
        return [(None, "native")]
    found: list[tuple[list[str] | None, str]] = []
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return found
    if sys.platform == "linux" and _is_the_systems(_SYSTEMS_PYTHON) and _folders():
        found.append(([str(_SYSTEMS_PYTHON), "-I", "-B", str(_BOOT)], "gi"))
    if os.environ.get("DISPLAY"):
        found.append((None, "xorg"))
    return found


def packages() -> list[str]:
    """What `boot` gets to know of our installation: `PACKAGE=FOLDER`."""
    return [f"{name}={folder}" for name, folder in _folders().items()]


def _folders() -> dict[str, str]:
    """Where the packages lie as files; empty where they do not, as in a frozen program."""
    found = {}
    for name in _PACKAGES:
        spec = find_spec(name)
        if spec is None or spec.origin is None or not Path(spec.origin).is_file():
            return {}
        place = Path(spec.origin).parent
        found[name] = str(place.parent if spec.submodule_search_locations else place)
    return found


def _is_the_systems(interpreter: Path) -> bool:
    """Whether only root can have put it there."""
    try:
        status = interpreter.stat()
    except OSError:
        return False
    return status.st_uid == 0 and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
