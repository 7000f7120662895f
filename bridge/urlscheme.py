"""The address `cardbridge://start`, by which a portal's page starts the daemon, and its place on the desktop.

It starts the daemon and does nothing else: no part of the address reaches anything. Where the daemon runs,
it does nothing at all. Registered here for one user of a Linux desktop; on Windows and macOS that is the
packages' work.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from bridge import children, desktopentry, instance, paths
from bridge.core.names import NAMES

SCHEME = "cardbridge"
_MIME_TYPE = f"x-scheme-handler/{SCHEME}"
_START = re.compile(r"cardbridge://start/?", re.ASCII)
_DEFAULTS = "[Default Applications]"
_UPDATE_TIMEOUT_S = 30


def is_start(address: str) -> bool:
    """Whether `address` is the one address that means anything."""
    return _START.fullmatch(address) is not None


def start() -> None:
    """Start the daemon apart from the browser that called this; one that runs already is left alone.

    Raises:
        OSError
    """
    if instance.running(paths.lock_file()) is not None:
        return  # a page that asks again and again starts no processes that find out the same
    command = [*children.program(), "run", "--unless-running"]
    subprocess.Popen(  # noqa: S603 - this program itself, nothing of the address
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(os.path.abspath(os.sep)),
        start_new_session=True,
    )


def is_registered() -> bool:
    """Whether this user's desktop brings `cardbridge:` addresses here (Linux, Windows).

    Raises:
        OSError
    """
    if sys.platform == "win32":
        import winreg

        try:
            command = winreg.QueryValue(winreg.HKEY_CLASSES_ROOT, rf"{SCHEME}\shell\open\command")
        except FileNotFoundError:
            return False
        return command.strip('"').casefold().startswith(children.program()[0].casefold())
    entry, chosen = paths.url_entry_file(), _lines(paths.mime_defaults_file())
    if entry.exists() and f"{_MIME_TYPE}={entry.name}" in chosen:
        return True
    is_undecided = not any(line.startswith(f"{_MIME_TYPE}=") for line in chosen)
    return is_undecided and any(file.exists() for file in paths.machine_url_entry_files())


def register() -> None:
    """Bring `cardbridge:` addresses here.

    Raises:
        OSError: also where only the package can do that.
    """
    _only_on_linux()
    file = paths.url_entry_file()
    paths.write_private(file, desktopentry.written(entry(children.program())).encode())
    _set_default(file.name)
    _update(file.parent)


def entry(program: list[str]) -> dict[str, str]:
    """The keys of the desktop entry by which `program` takes the addresses (Linux)."""
    return {
        "Name": NAMES["ja"]["start"],
        "Name[en]": NAMES["en"]["start"],
        "Icon": SCHEME,
        "Exec": desktopentry.command_line([*program, "open-url"], takes_url=True),
        "Terminal": "false",
        "NoDisplay": "true",
        "MimeType": f"{_MIME_TYPE};",
    }


def unregister() -> None:
    """Let `cardbridge:` addresses be; nothing happens where they were not registered.

    Raises:
        OSError: see `register`.
    """
    _only_on_linux()
    entry = paths.url_entry_file()
    entry.unlink(missing_ok=True)
    _set_default(None)
    _update(entry.parent)


def _only_on_linux() -> None:
    if not sys.platform.startswith("linux"):
        raise PermissionError("インストーラーが登録します / the installer does that")


def _set_default(entry: str | None) -> None:
    """One line of mimeapps.list (MIME Applications Associations); every other line stays as it is."""
    file = paths.mime_defaults_file()
    before = _lines(file)
    after: list[str] = []
    group = ""
    for line in before:
        group = line.strip() if line.startswith("[") else group
        if group == _DEFAULTS and line.partition("=")[0].strip() == _MIME_TYPE:
            continue
        after.append(line)
    if entry is not None:
        if _DEFAULTS not in after:
            after += [_DEFAULTS]
        after.insert(after.index(_DEFAULTS) + 1, f"{_MIME_TYPE}={entry}")
    if after != before and not any(after[1:]) and after[:1] in ([], [_DEFAULTS]):
        file.unlink()  # there was nothing else in it
    elif after != before:
        paths.write_private(file, ("\n".join(after) + "\n").encode("utf-8", "surrogateescape"))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return []


def _update(folder: Path) -> None:
    """Desktops look handlers up in a cache beside the entries."""
    program = shutil.which("update-desktop-database")
    if sys.platform == "linux" and program is not None and folder.is_dir():
        with suppress(subprocess.TimeoutExpired):  # the entry counts without it, from the next login on
            subprocess.run(  # noqa: S603 - a fixed program
                [program, "-q", str(folder)],
                check=False,
                timeout=_UPDATE_TIMEOUT_S,
                capture_output=True,
                umask=0o077,
            )
