"""What can be mended without asking anybody else: this user's own folders, files and settings.

No repair touches a card, a program that runs, or what belongs to another user; none follows a link. Each
looks again at the moment when it acts, so that doing it twice does nothing the second time. The log of
operations is never mended: its writer copes with a torn end, and everything else is for somebody to look at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bridge import autostart, instance, paths
from bridge.config import ConfigurationError
from bridge.core.finding import Finding
from bridge.core.settings import DriverSettings
from bridge.doctor.checks.folders import own_files, own_folders
from bridge.doctor.place import Place, own_uid
from bridge.edits import Editor

_DRIVER = "driver:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done, or was not: `key` is of `bridge.doctor.words.frame`, `path` what it is about."""

    key: str
    path: str
    problem: str = ""


def repair(findings: Iterable[Finding], place: Place) -> list[Deed]:
    """Do what needs nobody's word. Only in a main thread: the daemon's lock is taken for a moment."""
    wanted = {finding.repair for finding in findings}
    deeds: list[Deed] = []
    for name, mend in (
        ("folders", _folders),
        ("permissions", _permissions),
        ("runtime", _runtime),
        ("autostart", _autostart),
    ):
        if name in wanted:
            deeds += _surely(name, mend(place))
    return deeds


def _surely(name: str, deeds: Iterator[Deed]) -> list[Deed]:
    done: list[Deed] = []
    try:
        done.extend(deeds)
    except OSError as error:
        done.append(
            Deed(key="failed", path=str(error.filename or name), problem=error.strerror or str(error))
        )
    return done


def gone_drivers(findings: Iterable[Finding], place: Place) -> list[DriverSettings]:
    """The user's own entries whose file is not there: to be taken out only if the person says so."""
    names = {each.repair.removeprefix(_DRIVER) for each in findings if each.repair.startswith(_DRIVER)}
    with suppress(ConfigurationError):
        return [each for each in place.layers().settings.driver if each.name in names]
    return []


def remove_driver(driver: DriverSettings, place: Place) -> Deed:
    """Take it out of config.toml, if its file is still not there."""
    try:
        if Path(driver.path).exists() or not Editor(place.user, place.machine).remove_driver(driver.name):
            return Deed(key="kept_driver", path=driver.name)
    except (ConfigurationError, ValueError, OSError) as error:
        return Deed(key="failed", path=driver.name, problem=str(error))
    return Deed(key="did_driver", path=driver.name)


def _folders(place: Place) -> Iterator[Deed]:
    for folder in own_folders(place):
        if not os.path.lexists(folder):
            paths.private_folder(folder)
            yield Deed(key="did_folders", path=str(folder))


def _permissions(place: Place) -> Iterator[Deed]:
    for path in (*own_folders(place), *own_files(place)):
        is_config = path == place.user
        changed = _make_private(path, 0o022 if is_config else 0o077)
        if changed is not None:
            key = "did_permissions" if changed else "refused_permissions"
            yield Deed(key=key, path=str(path))


def _make_private(path: Path, forbidden: int) -> bool | None:
    """True: it was mended. None: it was in order. False: a link, not ours, or a file with a second name."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError:
        return False
    try:
        status = os.fstat(handle)
        if not status.st_mode & forbidden:
            return None
        is_folder = stat.S_ISDIR(status.st_mode)
        is_alone = is_folder or stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        if status.st_uid != own_uid() or not is_alone:
            return False
        os.fchmod(handle, stat.S_IMODE(status.st_mode) & ~forbidden)
        return True
    finally:
        os.close(handle)


def _runtime(place: Place) -> Iterator[Deed]:
    """While the lock is ours, no daemon can have written the file."""
    file = paths.runtime_file()
    with suppress(instance.AlreadyRunning), instance.only_one(paths.lock_file()):
        if stat.S_ISREG(file.lstat().st_mode):
            file.unlink()
            yield Deed(key="did_runtime", path=str(file))


def _autostart(place: Place) -> Iterator[Deed]:
    file = paths.autostart_file()
    if file.is_symlink():
        yield Deed(key="refused_autostart", path=str(file))
    elif autostart.is_outdated():
        autostart.turn_on()
        yield Deed(key="did_autostart", path=str(file))
