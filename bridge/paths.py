"""Where cardbridge keeps what on this system; the one module that knows appdirs."""

from __future__ import annotations

import glob
import os
import platform
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import appdirs

from bridge import ownership

_NAME = "cardbridge"
_DOCUMENTS = ("Documents", "ドキュメント", "文書")
CONFIG_VARIABLE = "CARDBRIDGE_CONFIG"
MACHINE_VARIABLE = "CARDBRIDGE_MACHINE_CONFIG"
PYTHON32_VARIABLE = "CARDBRIDGE_PYTHON32"
_MACHINE_FILE = Path("/etc/cardbridge/config.toml")
_RANDOM_BYTES = 4  # two letters each
_LEFT_OVER_S = 60.0
"""Nobody takes as long to write a file of these."""
_VARIABLES = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
DESKTOP_ENTRY = f"{_NAME}.desktop"


def _place(find: Callable[..., str], name: str | None) -> Path:
    """A variable that is empty or relative is as if it were not set (XDG Base Directory Specification).

    Raises:
        FileNotFoundError: neither the environment nor the system names a home folder.
    """
    for variable in _VARIABLES:
        if not os.path.isabs(os.environ.get(variable, os.sep)):
            del os.environ[variable]
    path = Path(find(name, appauthor=False))
    if not path.is_absolute():  # a folder called ~, wherever this was started
        raise FileNotFoundError(
            2, "環境変数 HOME を設定してください / there is no home folder; set HOME", str(path)
        )
    return path


def config_file() -> Path:
    """The user's config.toml; the environment variable `CARDBRIDGE_CONFIG` names another."""
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else _place(appdirs.user_config_dir, _NAME) / "config.toml"


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


def python32() -> Path | None:
    """The 32-bit Python that loads 32-bit drivers; None where it is not installed.

    Beside the program, and on Linux where an administrator puts it. A PIN goes to it, so it has to belong
    to root or to this user and be nobody else's to write. For tests, `CARDBRIDGE_PYTHON32` names another,
    but not to a packaged program.
    """
    is_frozen = getattr(sys, "frozen", False)
    name = Path("python32", "python.exe" if sys.platform == "win32" else "bin/python3")
    places = [(Path(sys.executable).parent if is_frozen else Path(sys.prefix)) / name]
    if sys.platform != "win32":
        places.append(Path("/usr/local/lib", _NAME) / name)
    named = os.environ.get(PYTHON32_VARIABLE)
    for place in [Path(named)] if named and not is_frozen else places:
        try:
            status = place.stat()
            ownership.check(place, status, ownership.own_users())
            ownership.check_path(place, ownership.own_users(), allows_groups=True)
        except OSError:
            continue
        if place.is_absolute() and stat.S_ISREG(status.st_mode):
            return place
    return None


def state_folder() -> Path:
    return _place(appdirs.user_state_dir, _NAME)


def log_folder() -> Path:
    return _place(appdirs.user_log_dir, _NAME)


def documents_folder() -> Path:
    """Where a person looks for files that a program has saved: the documents, else the home folder."""
    home = Path.home()
    return next((home / name for name in _DOCUMENTS if (home / name).is_dir()), home)


def new_file(stem: str, suffix: str) -> Path:
    """A name with today's date in the documents folder that no file has yet."""
    folder, dated = documents_folder(), f"{stem}-{datetime.now():%Y%m%d}"
    names = (f"{dated}{'' if number == 1 else f'-{number}'}{suffix}" for number in range(1, 1000))
    free = (folder / name for name in names if not os.path.lexists(folder / name))
    return next(free, folder / f"{dated}{suffix}")


def audit_folder() -> Path:
    return state_folder() / "audit"


def runtime_file() -> Path:
    """Where the running daemon says its process and address."""
    return state_folder() / "runtime.json"


def certificates_file() -> Path:
    """What is remembered of certificates' ends: `bridge.core.expiry`."""
    return state_folder() / "certificates.json"


def lock_file() -> Path:
    """Held by the one daemon of this user on this computer; folders may be on a server."""
    return state_folder() / f"lock.{platform.node() or 'here'}"


def autostart_file() -> Path:
    """The user's XDG autostart entry (Linux)."""
    return _place(appdirs.user_config_dir, None) / "autostart" / DESKTOP_ENTRY


def machine_autostart_files() -> list[Path]:
    """Where an installation for all users may have put one, the most important first (Linux)."""
    folders = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [Path(folder) / "autostart" / DESKTOP_ENTRY for folder in folders.split(":") if folder]


def refused_file() -> Path:
    """The sites that asked to connect and were refused."""
    return state_folder() / "refused.json"


def proposals_file() -> Path:
    """The sites that came beside the installer (`bridge.core.proposals`), where only administrators write."""
    if sys.platform == "win32":
        folder = Path(sys.executable).parent
    elif sys.platform == "darwin":
        folder = Path("/Library/Application Support") / _NAME
    else:
        folder = _MACHINE_FILE.parent
    return folder / "cardbridge-sites.toml"


def answers_file() -> Path:
    """What this user has said to them."""
    return state_folder() / "proposals.json"


def url_entry_file() -> Path:
    """The desktop entry that takes `cardbridge:` addresses, the user's own (Linux)."""
    return _place(appdirs.user_data_dir, None) / "applications" / f"{_NAME}-url.desktop"


def machine_url_entry_files() -> list[Path]:
    """Where an installation for all users may have put that entry (Linux)."""
    folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    places = (Path(folder) / "applications" for folder in folders.split(":") if os.path.isabs(folder))
    return [place / f"{_NAME}-url.desktop" for place in places]


def mime_defaults_file() -> Path:
    """The user's choice of programs (Linux)."""
    return _place(appdirs.user_config_dir, None) / "mimeapps.list"


def private_folder(folder: Path) -> Path:
    """Make `folder` if it is missing, and those above it, for their owner only.

    Raises:
        OSError: it cannot be made, is a link, belongs to somebody else, or others could put another there.
    """
    for missing in reversed([each for each in (folder, *folder.parents) if not os.path.lexists(each)]):
        missing.mkdir(mode=0o700, exist_ok=True)
    ownership.check_path(folder.parent, ownership.own_users(), allows_groups=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise PermissionError(1, "it is a link or no folder", str(folder))
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    if hasattr(os, "getuid") and status.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def read_private(path: Path, longest: int) -> bytes:
    """The first `longest` bytes of a file that this program keeps; never waits for a writer.

    Raises:
        OSError: also where it is a link.
    """
    flags = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"))
    with os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as file:
        return file.read(longest)


def write_private(path: Path, content: bytes, *, is_chosen: bool = False) -> None:
    """Write `path` for its owner only, all or nothing: a reader sees the old file or the new one.

    Args:
        is_chosen: the person has chosen the place, which may be a shared one; else a folder is refused where
            others could put another file.

    Raises:
        OSError
    """
    folder = path.parent
    if not folder.exists():
        private_folder(folder)
    if not is_chosen:
        ownership.check_path(folder, ownership.own_users(), allows_groups=True)
    temporary = folder / f".{path.name}.{os.urandom(_RANDOM_BYTES).hex()}"
    flags = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW"))
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if is_chosen:
        return
    _remove_left_over(path)


def _remove_left_over(path: Path) -> None:
    """What processes have left beside `path` that were killed while they wrote it."""
    for temporary in path.parent.glob(f".{glob.escape(path.name)}.{'?' * (2 * _RANDOM_BYTES)}"):
        with suppress(OSError):
            if abs(time.time() - temporary.lstat().st_mtime) > _LEFT_OVER_S:
                temporary.unlink()


Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp | None:
    """What changes when the file does; None where there is none."""
    try:
        status = os.stat(path)  # pathlib's takes twice as long, and this is asked at each request
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
