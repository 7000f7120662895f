"""Whether the person's desktop is a dark one. Asked once a window; what cannot be read counts as bright."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from configparser import ConfigParser

_GSETTINGS = "/usr/bin/gsettings"
_PATIENCE_S = 2.0
_MAX_BYTES = 1024 * 1024
_SCHEMAS = {  # by the names of XDG_CURRENT_DESKTOP; the others of GNOME's family follow GNOME's
    "MATE": "org.mate.interface",
    "X-Cinnamon": "org.cinnamon.desktop.interface",
}
_GNOME = "org.gnome.desktop.interface"
_MAC_PREFERENCES = Path("Library/Preferences/.GlobalPreferences.plist")
_WINDOWS_KEY = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"


def prefers_dark(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this user's desktop is set to dark.

    Windows and macOS have **not been run**. Linux: GNOME and its family by gsettings, KDE and Xfce by
    their files, anything else by GTK's settings.ini.
    """
    try:
        if sys.platform == "win32":
            return _windows_is_dark()
        if sys.platform == "darwin":
            return _mac_is_dark(Path.home())
        return _linux_is_dark(environment)
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def _linux_is_dark(environment: Mapping[str, str]) -> bool:
    desktops = environment.get("XDG_CURRENT_DESKTOP", "").split(":")
    home = Path(environment.get("HOME") or Path.home())
    configuration = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    if "KDE" in desktops:
        return _kde_is_dark(configuration / "kdeglobals")
    if "XFCE" in desktops:
        return _xfce_is_dark(configuration / "xfce4/xfconf/xfce-perchannel-xml/xsettings.xml")
    if desktops != [""] and Path(_GSETTINGS).exists():
        schema = next((_SCHEMAS[name] for name in desktops if name in _SCHEMAS), _GNOME)
        return _gsettings_are_dark(schema, environment)
    files = (configuration / f"gtk-{version}.0/settings.ini" for version in (4, 3))
    return any(file.exists() and _gtk_is_dark(file) for file in files)  # a parser only where it is needed


def _gsettings_are_dark(schema: str, environment: Mapping[str, str]) -> bool:
    command = [_GSETTINGS, "list-recursively", schema]
    said = subprocess.run(  # noqa: S603 - a fixed program
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_S,
        check=True,
    ).stdout.decode(errors="replace")
    values = dict(row.split(" ", 2)[1:] for row in said.splitlines() if row.count(" ") >= 2)
    scheme = values.get("color-scheme", "'default'")
    return scheme == "'prefer-dark'" or (
        scheme != "'prefer-light'" and _names_dark(values.get("gtk-theme", ""))
    )


def _kde_is_dark(file: Path) -> bool:
    """By the ground of its windows, red, green and blue: its colour schemes have free names."""
    ground = _ini(file).get("Colors:Window", "BackgroundNormal", fallback="255,255,255")
    red, green, blue = (int(part) for part in ground.split(",")[:3])
    return 299 * red + 587 * green + 114 * blue < 128_000  # ITU-R BT.601 luma


def _xfce_is_dark(file: Path) -> bool:
    found = re.search(r'name="ThemeName"[^>]*value="([^"]*)"', _read(file))
    return found is not None and _names_dark(found[1])


def _gtk_is_dark(file: Path) -> bool:
    settings = _ini(file)
    wish = settings.get("Settings", "gtk-application-prefer-dark-theme", fallback="0")
    return wish in ("1", "true") or _names_dark(settings.get("Settings", "gtk-theme-name", fallback=""))


def _names_dark(theme: str) -> bool:
    """Themes say it in their names, after a hyphen for example: Adwaita-dark, Yaru-viridian-dark."""
    return re.search(r"(?<![a-z])dark(?![a-z])", theme, re.IGNORECASE) is not None


def _ini(file: Path) -> ConfigParser:
    """The file's sections; one that cannot be parsed has none."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(_read(file))
    except Error:
        return ConfigParser()
    return parser


def _read(file: Path) -> str:
    """The file's text; "" where there is none."""
    with suppress(FileNotFoundError), file.open("rb") as opened:
        return opened.read(_MAX_BYTES).decode(errors="replace")
    return ""


def _mac_is_dark(home: Path) -> bool:
    import plistlib

    try:
        preferences = plistlib.loads((home / _MAC_PREFERENCES).read_bytes())
    except (FileNotFoundError, plistlib.InvalidFileException):
        return False
    return isinstance(preferences, dict) and preferences.get("AppleInterfaceStyle") == "Dark"


def _windows_is_dark() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _WINDOWS_KEY) as key:
        return bool(winreg.QueryValueEx(key, "AppsUseLightTheme")[0] == 0)
