"""Where cardbridge keeps what on this system; the one module that knows appdirs."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import appdirs

_NAME = "cardbridge"
CONFIG_VARIABLE = "CARDBRIDGE_CONFIG"
MACHINE_VARIABLE = "CARDBRIDGE_MACHINE_CONFIG"
_MACHINE_FILE = Path("/etc/cardbridge/config.toml")
DESKTOP_ENTRY = f"{_NAME}.desktop"


def config_file() -> Path:
    """The user's config.toml; the environment variable `CARDBRIDGE_CONFIG` names another."""
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else Path(appdirs.user_config_dir(_NAME, appauthor=False)) / "config.toml"


def machine_config_file() -> Path | None:
    """The administrator's config.toml, below the user's; None on systems that keep such values elsewhere.

    For tests, `CARDBRIDGE_MACHINE_CONFIG` names another, but only where there is no
    `/etc/cardbridge/config.toml`, and the other has to belong to root as well (`bridge.config`): so a program
    of the user's can neither take an administrator's locks away nor pass its own values off as an
    administrator's.
    """
    if not sys.platform.startswith("linux"):
        return None
    named = os.environ.get(MACHINE_VARIABLE)
    return Path(named) if named and not os.path.lexists(_MACHINE_FILE) else _MACHINE_FILE


def state_folder() -> Path:
    return Path(appdirs.user_state_dir(_NAME, appauthor=False))


def log_folder() -> Path:
    return Path(appdirs.user_log_dir(_NAME, appauthor=False))


def runtime_file() -> Path:
    """Where the running daemon says its process and address."""
    return state_folder() / "runtime.json"


def autostart_file() -> Path:
    """The user's XDG autostart entry (Linux)."""
    return Path(appdirs.user_config_dir()) / "autostart" / DESKTOP_ENTRY


def machine_autostart_files() -> list[Path]:
    """Where an installation for all users may have put one, the most important first (Linux)."""
    folders = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [Path(folder) / "autostart" / DESKTOP_ENTRY for folder in folders.split(":") if folder]


def refused_file() -> Path:
    """The sites that asked to connect and were refused."""
    return state_folder() / "refused.json"


def private_folder(folder: Path) -> Path:
    """Make `folder` if it is missing, for its owner only.

    Raises:
        OSError: it cannot be made, is a link, or belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if stat.S_ISLNK(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        raise PermissionError(f"{folder} is a link or belongs to another user")
    if hasattr(os, "getuid") and status.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def write_private(path: Path, content: bytes) -> None:
    """Write `path` for its owner only, all or nothing: a reader sees the old file or the new one.

    Raises:
        OSError
    """
    folder = path.parent
    if not folder.exists():
        private_folder(folder)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
