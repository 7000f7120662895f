"""The browsers whose policies are known here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bridge.browsers.access import Browser
from bridge.browsers.chromium import Chromium
from bridge.browsers.firefox import Firefox

_WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")


def known(root: Path = Path("/")) -> tuple[Browser, ...]:
    """All of them, installed or not; `root` is for tests."""
    return (
        Chromium(
            name="Chromium",
            programs=_here(
                ("usr/bin/chromium", "usr/bin/chromium-browser", "snap/bin/chromium"),
                r"Chromium\Application\chrome.exe",
            ),
            folders=("etc/chromium/policies/managed", "etc/chromium-browser/policies/managed"),
            key=r"Software\Policies\Chromium",
            root=root,
        ),
        Chromium(
            name="Google Chrome",
            programs=_here(
                ("usr/bin/google-chrome", "usr/bin/google-chrome-stable", "opt/google/chrome/chrome"),
                r"Google\Chrome\Application\chrome.exe",
            ),
            folders=("etc/opt/chrome/policies/managed",),
            key=r"Software\Policies\Google\Chrome",
            root=root,
        ),
        Chromium(
            name="Microsoft Edge",
            programs=_here(
                ("usr/bin/microsoft-edge", "usr/bin/microsoft-edge-stable", "opt/microsoft/msedge/msedge"),
                r"Microsoft\Edge\Application\msedge.exe",
            ),
            folders=("etc/opt/edge/policies/managed",),
            key=r"Software\Policies\Microsoft\Edge",
            root=root,
        ),
        Firefox(
            name="Firefox",
            programs=_here(
                ("usr/bin/firefox", "usr/bin/firefox-esr", "opt/firefox/firefox", "snap/bin/firefox"),
                r"Mozilla Firefox\firefox.exe",
            ),
            files=(
                "etc/firefox/policies/policies.json",
                "usr/lib/firefox/distribution/policies.json",
                "usr/lib/firefox-esr/distribution/policies.json",
                "opt/firefox/distribution/policies.json",
            ),
            root=root,
        ),
    )


def _here(linux: tuple[str, ...], windows: str) -> tuple[str, ...]:
    """Windows has not been run."""
    if sys.platform != "win32":
        return linux
    return tuple(str(Path(os.environ[name]) / windows) for name in _WINDOWS_FOLDERS if name in os.environ)
