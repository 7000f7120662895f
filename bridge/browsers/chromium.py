"""Chromium, Chrome and Edge: the policies LoopbackNetworkAllowedForUrls and LoopbackNetworkBlockedForUrls.

Linux: all JSON files of one folder, of which the last in the order of names wins. Windows: the registry; that
code has **never been run**. Measured with Chromium 156: without a policy the browser asks once a site.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.browsers.access import Access, Report, UnreadablePolicy, matches
from bridge.core.origin import Origin

ALLOWED, BLOCKED = "LoopbackNetworkAllowedForUrls", "LoopbackNetworkBlockedForUrls"
_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """One of the family.

    Args:
        programs: where it lies if it is installed, below `root`.
        folders: its folders of managed policies, below `root`.
        key: the registry's key (Windows).
    """

    name: str
    programs: tuple[str, ...]
    folders: tuple[str, ...]
    key: str
    root: Path = Path("/")

    def is_installed(self) -> bool:
        return any((self.root / program).exists() for program in self.programs)

    def check(self, sites: Iterable[Origin]) -> Report:
        """Raises: UnreadablePolicy, OSError."""
        lists = _registry(self.key) if sys.platform == "win32" else self._files()
        return Report(
            browser=self.name,
            access={site: _access(lists, site) for site in sites},
            policy=f"HKLM\\{self.key}" if sys.platform == "win32" else f"/{self.folders[0]}",
        )

    def _files(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for file in self._policy_files():
            try:
                policies = json.loads(_read(file))
            except ValueError as error:
                raise UnreadablePolicy(str(file), str(error)) from None
            found.update(_lists(policies))
        return found

    def _policy_files(self) -> Iterator[Path]:
        for folder in self.folders:
            yield from sorted((self.root / folder).glob("*.json"))


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES).decode("utf-8-sig")


def _lists(policies: Any) -> dict[str, list[str]]:
    """The two lists, where they are lists of texts."""
    if not isinstance(policies, dict):
        return {}
    given = {name: policies[name] for name in (ALLOWED, BLOCKED) if name in policies}
    return {
        name: [each for each in entries if isinstance(each, str)]
        for name, entries in given.items()
        if isinstance(entries, list)
    }


def _access(lists: dict[str, list[str]], site: Origin) -> Access:
    """A site that is on both is blocked (measured with Chromium 156)."""
    if any(matches(pattern, site) for pattern in lists.get(BLOCKED, ())):
        return "blocked"
    return "allowed" if any(matches(pattern, site) for pattern in lists.get(ALLOWED, ())) else "asks"


if sys.platform == "win32":
    import winreg

    def _registry(key: str) -> dict[str, list[str]]:
        """REG_SZ values "1", "2", … below the policy's key. Never run."""
        found: dict[str, list[str]] = {}
        for name in (ALLOWED, BLOCKED):
            for hive in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
                try:
                    with winreg.OpenKey(hive, f"{key}\\{name}") as opened:
                        count = winreg.QueryInfoKey(opened)[1]
                        values = [winreg.EnumValue(opened, index)[1] for index in range(count)]
                except OSError:
                    continue
                found.setdefault(name, [str(value) for value in values])
        return found

else:

    def _registry(key: str) -> dict[str, list[str]]:
        return {}
