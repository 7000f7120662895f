"""Firefox: the policy LocalNetworkAccess in policies.json.

Measured with Firefox ESR 153: a page's WebSocket to this computer is not asked about, whatever this policy
says, since `network.lna.websocket.enabled` is off. Where that is on, it is asked about with
``{"Enabled": true}``, except for the hosts in ``SkipDomains``: so it would be in a later version
that turns it on. Windows has the same in its registry; that code has **never been run**.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.browsers.access import Access, Report, UnreadablePolicy
from bridge.core.origin import Origin

POLICY = "LocalNetworkAccess"
_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Firefox:
    """Firefox and Firefox ESR.

    Args:
        programs: where it lies if it is installed, below `root`.
        files: where its policies.json may lie, below `root`; the first one that there is counts.
    """

    name: str
    programs: tuple[str, ...]
    files: tuple[str, ...]
    root: Path = Path("/")

    def is_installed(self) -> bool:
        return any((self.root / program).exists() for program in self.programs)

    def check(self, sites: Iterable[Origin]) -> Report:
        """Raises: UnreadablePolicy, OSError."""
        policy = _registry() if sys.platform == "win32" else self._file()
        return Report(
            browser=self.name,
            access={site: _access(policy, site) for site in sites},
            policy=f"/{self.files[0]}",
        )

    def _file(self) -> dict[str, Any]:
        file = next((self.root / each for each in self.files if (self.root / each).exists()), None)
        if file is None:
            return {}
        try:
            with file.open("rb") as opened:
                policies = json.loads(opened.read(_MOST_BYTES))
            policy = policies.get("policies", {}).get(POLICY, {})
        except (ValueError, AttributeError) as error:
            raise UnreadablePolicy(str(file), str(error)) from None
        return policy if isinstance(policy, dict) else {}


def _access(policy: dict[str, Any], site: Origin) -> Access:
    skipped = policy.get("SkipDomains", [])
    if isinstance(skipped, list) and any(_covers(str(each), site.host) for each in skipped):
        return "allowed"
    return "asks" if policy.get("Enabled") is True else "unset"


def _covers(entry: str, host: str) -> bool:
    """``example.jp`` is one host, ``*.example.jp`` those below it."""
    return entry.lower() == host or entry.startswith("*.") and host.endswith(entry[1:].lower())


if sys.platform == "win32":
    import winreg

    def _registry() -> dict[str, Any]:
        """Never run."""
        key = rf"Software\Policies\Mozilla\Firefox\{POLICY}"
        found: dict[str, Any] = {}
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                found["Enabled"] = bool(winreg.QueryValueEx(opened, "Enabled")[0])
        except OSError:
            pass
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{key}\SkipDomains") as opened:
                count = winreg.QueryInfoKey(opened)[1]
                found["SkipDomains"] = [winreg.EnumValue(opened, index)[1] for index in range(count)]
        except OSError:
            pass
        return found

else:

    def _registry() -> dict[str, Any]:
        return {}
