"""The user's own folders and files: whose they are, who may read them, room, and the log's chain."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bridge import paths
from bridge.audit.reading import read
from bridge.core.finding import Finding
from bridge.doctor.place import Place, own_uid

_LEAST_BYTES, _FEW_BYTES = 8 * 1024 * 1024, 200 * 1024 * 1024
_MOST_FILES = 500


def own_folders(place: Place) -> tuple[Path, ...]:
    """Those that only this program uses."""
    named = (paths.state_folder(), paths.log_folder(), paths.audit_folder())
    folders = [*named, *([place.user.parent] if place.user.parent.name == "cardbridge" else [])]
    return tuple(dict.fromkeys(folders))


def own_files(place: Place) -> Iterator[Path]:
    """What lies in them, and config.toml wherever it is."""
    if os.path.lexists(place.user):
        yield place.user
    for folder in own_folders(place):
        if folder.is_dir() and not folder.is_symlink():
            yield from sorted(each for each in folder.iterdir() if each.is_symlink() or not each.is_dir())[
                :_MOST_FILES
            ]


def permissions(place: Place) -> Iterable[Finding]:
    """Whether anybody else can read or change them, or has put a link there."""
    if own_uid() is None:
        yield Finding(id="folders", code="not_here", state="skipped")
        return
    wrong: list[tuple[str, Path]] = []
    missing = [folder for folder in own_folders(place) if not os.path.lexists(folder)]
    for path in (*own_folders(place), *dict.fromkeys(own_files(place))):
        kind = _wrong(path, is_config=path == place.user)
        if kind is not None:
            wrong.append((kind, path))
    for kind in ("linked", "foreign", "open"):
        concerned = [str(path) for each, path in wrong if each == kind]
        if concerned:
            yield Finding(
                id="folders",
                code=f"folders_{kind}",
                state="warning" if kind == "open" else "failure",
                values={"paths": ", ".join(concerned[:5]), "first": concerned[0]},
                detail="\n".join(concerned),
                repair="permissions" if kind == "open" else "",
            )
    if not os.access(_existing(paths.state_folder()), os.W_OK | os.X_OK):
        where = str(_existing(paths.state_folder()))
        yield Finding(id="folders", code="folders_readonly", state="failure", values={"path": where})
    elif missing and not wrong:
        names = ", ".join(map(str, missing))
        yield Finding(
            id="folders", code="folders_missing", state="ok", values={"paths": names}, repair="folders"
        )
    elif not wrong:
        yield Finding(id="folders", code="folders_good", state="ok")


def _wrong(path: Path, *, is_config: bool) -> str | None:
    """What is wrong with one of them; config.toml may be a link of the user's own, to root's or own files."""
    try:
        status = path.stat() if is_config else path.lstat()
    except OSError:
        return "linked" if path.is_symlink() else None
    if stat.S_ISLNK(status.st_mode):
        return "linked"
    allowed = {own_uid(), 0} if is_config else {own_uid()}
    if status.st_uid not in allowed:
        return "foreign"
    forbidden = 0o022 if is_config else 0o077
    return "open" if status.st_mode & forbidden else None


def _existing(path: Path) -> Path:
    """`path` or the nearest folder above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def disk(place: Place) -> Iterable[Finding]:
    """Room for settings, logs and the log of operations."""
    free = shutil.disk_usage(_existing(paths.state_folder())).free
    values = {"free": f"{free // (1024 * 1024):,}"}
    if free < _LEAST_BYTES:
        yield Finding(id="disk", code="disk_full", state="failure", values=values)
    elif free < _FEW_BYTES:
        yield Finding(id="disk", code="disk_low", state="warning", values=values)
    else:
        yield Finding(id="disk", code="disk_good", state="ok", values=values)


def audit_log(place: Place) -> Iterable[Finding]:
    """Whether the chain of the operations' log is whole."""
    report = read(paths.audit_folder(), most=1).report
    values = {"count": f"{report.records:,}"}
    if report.faults:
        kinds = ", ".join(f"{each.kind} {each.file}:{each.line}" for each in report.faults[:20])
        yield Finding(id="audit", code="audit_broken", state="failure", values=values, detail=kinds)
    else:
        remarks = ", ".join(f"{each.kind} {each.count}" for each in report.remarks[:20])
        code = "audit_good" if report.records else "audit_empty"
        yield Finding(id="audit", code=code, state="ok", values=values, detail=remarks)
