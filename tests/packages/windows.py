"""A Windows computer as far as wine is one: the package, its registry, its processes, a page, a screen."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardbridge_demo.desktop import Desktop
from installer.windows.wine import Wine, windows_path

PROGRAMS = "Program Files/cardbridge"
SETUP = r"HKEY_LOCAL_MACHINE\Software\Cardbridge\Setup"
UNINSTALL = r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Uninstall"
RUN = r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run"
SCHEME = r"HKEY_LOCAL_MACHINE\Software\Classes\cardbridge"
POLICIES = r"HKEY_LOCAL_MACHINE\Software\Policies"
PORT = "28470"
_INSTALL_S, _ASK_S, _REG_S = 900, 300, 120
_GUARD_S, _LEAST_PX = 3.0, 200
_PAGE = Path(__file__).with_name("page.py")


class Never(TimeoutError):
    """What was waited for did not come."""


def until(condition: Callable[[], Any], what: str, timeout_s: float = 300) -> Any:
    """Its first true value. Raises: Never."""
    ends_at = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > ends_at:
            raise Never(what)
        time.sleep(0.3)
    return value


@dataclass(slots=True, kw_only=True)
class Computer:
    """One wine prefix with a Windows Python in it (for the page), and a screen."""

    wine: Wine
    screen: Desktop
    checked: list[tuple[str, str]] = field(default_factory=list)

    def check(self, what: str, how: str) -> None:
        """One line of the table, once it has been seen to be so."""
        self.checked.append((what, how))

    def run(self, *command: str, timeout_s: float = _ASK_S, check: bool = True) -> str:
        return self.wine.run(*command, timeout_s=timeout_s, check=check, **self.screen.env)

    def msiexec(self, *arguments: str) -> int:
        """Its exit code."""
        try:
            self.run("msiexec", *arguments, "/qn", timeout_s=_INSTALL_S)
        except subprocess.CalledProcessError as error:
            return error.returncode
        return 0

    def ask(self, origin: str, *requests: str) -> list[dict[str, Any]]:
        """What a page of `origin` hears; `requests`: methods, each with its params as JSON."""
        said = self.run("C:\\python\\python.exe", windows_path(_PAGE), PORT, origin, *requests)
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def begin_to_ask(self, origin: str, *requests: str) -> subprocess.Popen[bytes]:
        """The same, without waiting."""
        command = ["wine", "C:\\python\\python.exe", windows_path(_PAGE), PORT, origin, *requests]
        return subprocess.Popen(
            command,
            env=self.wine.environment(self.screen.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def registry(self, key: str) -> dict[str, dict[str, str]]:
        """Everything below `key`: keys, their values, as texts."""
        target = self.wine.drive / "exported.reg"
        target.unlink(missing_ok=True)
        self.run("reg", "export", key, "C:\\exported.reg", "/y", timeout_s=_REG_S, check=False)
        if not target.exists():
            return {}
        return _parsed(target.read_text("utf-16"))

    def values(self, key: str) -> dict[str, str]:
        return next((values for name, values in self.registry(key).items() if _same(name, key)), {})

    def files(self) -> list[str]:
        """Below the folder of the program."""
        folder = self.wine.drive / PROGRAMS
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def shortcuts(self) -> list[str]:
        return sorted(path.stem for path in self.wine.drive.rglob("*.lnk") if "cardbridge" in _text(path))

    def daemon(self) -> int | None:
        """The process of this computer's own system that is the daemon."""
        return next((pid for pid, line in self._programs() if " run" in line), None)

    def has_child(self, name: str) -> bool:
        return any(f"--cardbridge-child {name}" in line for _, line in self._programs())

    def window(self, child: str) -> None:
        """Wait until the window of this child is there, and takes input."""
        until(lambda: self.has_child(child), f"the process of {child}")
        until(lambda: any(map(self._is_window, self.screen.windows())), f"the window of {child}")
        time.sleep(_GUARD_S)

    def _is_window(self, number: str) -> bool:
        """Wine has small windows for its own purposes besides."""
        told = subprocess.run(
            ["xdotool", "getwindowgeometry", "--shell", number],
            env={**os.environ, **self.screen.env}, capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
        sizes = dict(line.split("=") for line in told.splitlines() if "=" in line)
        return int(sizes.get("WIDTH", 0)) > _LEAST_PX and int(sizes.get("HEIGHT", 0)) > _LEAST_PX

    def is_quiet(self) -> bool:
        return not any(True for _ in self._programs())

    def _programs(self) -> list[tuple[int, str]]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                owner = f"WINEPREFIX={self.wine.prefix}\0".encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if owner and line.startswith("C:\\Program Files\\cardbridge\\"):
                found.append((int(folder.name), line))
        return found

    @property
    def data(self) -> Path:
        """What belongs to the user."""
        user = os.environ.get("USER") or "root"
        return self.wine.drive / "users" / user / "AppData" / "Local" / "cardbridge"

    def log(self) -> str:
        return "".join(path.read_text("utf-8") for path in sorted((self.data / "Logs").glob("*.log")))


def _text(path: Path) -> str:
    return path.read_bytes().replace(b"\0", b"").decode("latin-1").lower()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _parsed(text: str) -> dict[str, dict[str, str]]:
    """Of a .reg file (version 5.00): texts and numbers."""
    found: dict[str, dict[str, str]] = {}
    values: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("["):
            values = found.setdefault(line.strip("[]"), {})
        elif "=" in line and line[:1] in '"@':
            name, _, value = line.partition('"=' if line.startswith('"') else "=")
            values[name.strip('"@')] = value.strip().removeprefix('"').removesuffix('"').replace("\\\\", "\\")
    return found
