"""Starting with the user's session: on, off, and which of the two it is now.

Linux: an XDG autostart entry (Desktop Application Autostart Specification). Windows: the user's Run key, or
the machine's, which the installer makes; run under wine only. macOS: a LaunchAgent, the user's or the
package's for all users, never run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bridge import children, desktopentry, paths
from bridge.core.names import NAMES

_LABEL = "cardbridge"
_RUN = ("run", "--unless-running")


def is_on() -> bool:
    """Whether the daemon starts with the session.

    Raises:
        OSError: this cannot be found out.
    """
    if sys.platform == "win32":
        return _windows_is_on()
    if sys.platform == "darwin":
        return _agent().exists() or _MACHINE_AGENT.exists() and not _is_disabled()
    entry = _entry(paths.autostart_file())
    if entry is None:
        entry = next((found for file in paths.machine_autostart_files() if (found := _entry(file))), None)
    return entry is not None and _is_shown(entry)


def turn_on() -> None:
    """Start the daemon with the session from now on; nothing is started now.

    Raises:
        OSError
    """
    if sys.platform == "win32":
        _windows_turn_on()
    elif sys.platform == "darwin":
        if _MACHINE_AGENT.exists():
            _launchctl("enable", _service())
        else:
            paths.write_private(_agent(), _agent_text())
    else:
        _write(entry(children.program()))


def turn_off() -> None:
    """Do not start the daemon with the session any more; one that runs goes on.

    Raises:
        OSError
    """
    if sys.platform == "win32":
        _windows_turn_off()
    elif sys.platform == "darwin":
        _agent().unlink(missing_ok=True)
        if _MACHINE_AGENT.exists():
            _launchctl("disable", _service())  # the user's word against the machine's
    elif any(_entry(file) for file in paths.machine_autostart_files()):
        _write({**entry(children.program()), "Hidden": "true"})  # the user's word against the machine's
    else:
        paths.autostart_file().unlink(missing_ok=True)


def is_outdated() -> bool:
    """Whether the user's own entry starts another program than this one, or one that is gone (Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    entry = _entry(paths.autostart_file())
    if entry is None or not _is_shown(entry):
        return False
    return entry.get("Exec") != desktopentry.written_value(desktopentry.command_line(_command()))


def _command() -> list[str]:
    return [*children.program(), *_RUN]


def entry(program: list[str]) -> dict[str, str]:
    """The keys of the desktop entry that starts `program` with the session (Linux)."""
    command = [*program, *_RUN]
    return {
        "Name": NAMES["ja"]["program"],
        "Name[en]": NAMES["en"]["program"],
        "Icon": _LABEL,
        "TryExec": command[0],
        "Exec": desktopentry.command_line(command),
        "Terminal": "false",
        "NoDisplay": "true",
    }


def _entry(file: Path) -> dict[str, str] | None:
    try:
        return desktopentry.read(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        return {}


def _is_shown(entry: dict[str, str]) -> bool:
    """Desktops know two ways to say no."""
    return (
        "Exec" in entry
        and entry.get("Hidden", "false") != "true"
        and entry.get("X-GNOME-Autostart-enabled", "true") != "false"
    )


def _write(entries: dict[str, str]) -> None:
    paths.write_private(paths.autostart_file(), desktopentry.written(entries).encode())


_MACHINE_AGENT = Path("/Library/LaunchAgents", f"{_LABEL}.plist")
"""For all users, by the package (installer/macos)."""


def _is_disabled() -> bool:
    """As launchd remembers it for this user: older systems say true, newer ones disabled."""
    told = _launchctl("print-disabled", _service().rpartition("/")[0])
    return any(f'"{_LABEL}" => {word}' in told for word in ("true", "disabled"))


def _service() -> str:
    return f"gui/{os.getuid()}/{_LABEL}"


def _launchctl(*arguments: str) -> str:
    """What it prints. Raises: OSError: it fails."""
    done = subprocess.run(  # noqa: S603 - a fixed program
        ["/bin/launchctl", *arguments], check=False, capture_output=True, text=True, timeout=10
    )
    if done.returncode != 0:
        raise OSError(done.returncode, done.stderr.strip(), "launchctl")
    return done.stdout


def _agent() -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{_LABEL}.plist"


def _agent_text() -> bytes:
    import plistlib

    agent = {
        "Label": _LABEL,
        "ProgramArguments": _command(),
        "RunAtLoad": True,
        "ProcessType": "Interactive",
        "LimitLoadToSessionType": "Aqua",
    }
    return plistlib.dumps(agent)


if sys.platform == "win32":
    import winreg
    from contextlib import suppress
    from typing import Any

    _KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
    _APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
    _OWN = r"Software\Cardbridge"
    _OFF = "NoAutostart"

    def _windows_is_on() -> bool:
        """The Task Manager keeps what the user switched off there apart: an odd first byte."""
        if _value(winreg.HKEY_CURRENT_USER, _OWN, _OFF) == 1:
            return False
        if _value(winreg.HKEY_CURRENT_USER, _KEY, _LABEL) is None and not _is_everybodys():
            return False
        approved = _value(winreg.HKEY_CURRENT_USER, _APPROVED, _LABEL)
        return not approved or approved[0] % 2 == 0

    def _windows_turn_on() -> None:
        _forget(_OWN, _OFF)
        if not _is_everybodys():
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _KEY) as key:
                winreg.SetValueEx(key, _LABEL, 0, winreg.REG_SZ, subprocess.list2cmdline(_command()))
        _forget(_APPROVED, _LABEL)

    def _windows_turn_off() -> None:
        """What the installer made for everybody asks for the user's own word (``run --at-login``)."""
        _forget(_KEY, _LABEL)
        if _is_everybodys():
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _OWN) as key:
                winreg.SetValueEx(key, _OFF, 0, winreg.REG_DWORD, 1)

    def _is_everybodys() -> bool:
        return _value(winreg.HKEY_LOCAL_MACHINE, _KEY, _LABEL) is not None

    def _value(hive: int, path: str, name: str) -> Any:
        """None where there is none."""
        try:
            access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
            with winreg.OpenKey(hive, path, access=access) as key:
                return winreg.QueryValueEx(key, name)[0]
        except FileNotFoundError:
            return None

    def _forget(path: str, name: str) -> None:
        with (
            suppress(FileNotFoundError),
            winreg.OpenKey(winreg.HKEY_CURRENT_USER, path, access=winreg.KEY_SET_VALUE) as key,
        ):
            winreg.DeleteValue(key, name)
