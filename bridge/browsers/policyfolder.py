"""The Chromium family on Linux: a file of our own in the folder of managed policies.

The last file in the order of names wins for each policy (Chromium's ConfigDirPolicyLoader): two files that
set the same list do not add up. Where another file sets it, ours is left out, and what it lacks is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.browsers.access import matches
from bridge.browsers.chromium import ALLOWED, BLOCKED
from bridge.browsers.ours import Ours
from bridge.browsers.rootfiles import Refused
from bridge.browsers.target import Outcome, State, https_only, url_pattern
from bridge.core.origin import Origin

OWN_FILE = "cardbridge.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFolder:
    """Args: folder: below the root, e.g. ``etc/opt/chrome/policies/managed``."""

    browser: str
    folder: str
    ours: Ours

    @property
    def _file(self) -> str:
        return f"{self.folder}/{OWN_FILE}"

    def apply(self, sites: Iterable[Origin]) -> Outcome:
        wanted = https_only(sites)
        if not wanted:
            return self.remove()
        patterns = tuple(map(url_pattern, wanted))
        others = self._others()
        rival = next((name for name, policies in others.items() if ALLOWED in policies), None)
        if rival is not None:
            return self._yield_to(rival, others[rival], wanted)
        text = json.dumps({ALLOWED: list(patterns)}, indent=2) + "\n"
        state: State = "unchanged" if self._own() == text else "written"
        if state == "written":
            self.ours.remember(self._file, list(patterns), ["file"])
            self.ours.write(self._file, text)
        return self._outcome(state, patterns, _caution(others, wanted))

    def remove(self) -> Outcome:
        state: State = "absent"
        if self._own() is not None:
            self.ours.files.delete(self._file)
            state = "removed"
        self.ours.remember(self._file, [], [])
        return self._outcome(state)

    def _own(self) -> str | None:
        """Our own file's text. Raises: Refused, where somebody keeps other policies under this name."""
        text = self.ours.files.read(self._file)
        policies = None if text is None else _policies(text)
        if policies and set(policies) != {ALLOWED}:
            path = self.ours.files.root / self._file
            raise Refused(path, "ほかの設定が入っています / it holds other policies")
        return text

    def _others(self) -> dict[str, dict[str, object]]:
        """The policies in the other files, by name; what Chromium cannot read it leaves out, and so do we."""
        found = {}
        folder = self.ours.files.root / self.folder
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
            if path.name != OWN_FILE:
                found[path.name] = _policies(path.read_text(encoding="utf-8-sig", errors="replace"))
        return found

    def _yield_to(self, rival: str, policies: dict[str, object], wanted: list[Origin]) -> Outcome:
        given = policies[ALLOWED]
        patterns = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
        missing = [site for site in wanted if not any(matches(each, site) for each in patterns)]
        covered = tuple(url_pattern(site) for site in wanted if site not in missing)
        removed = self.remove()
        if not missing:
            return self._outcome("removed" if removed.state == "removed" else "unchanged", covered)
        lacking = ", ".join(map(url_pattern, missing))
        problem = (
            f"{rival} が同じ設定（{ALLOWED}）をしているため、書き込みませんでした。"
            f"{rival} の管理者に、次の追加を依頼してください: {lacking}\n"
            f"{rival} sets {ALLOWED} already, so nothing was written: have these added there: {lacking}"
        )
        return self._outcome("conflict", covered, problem)

    def _outcome(self, state: State, entries: tuple[str, ...] = (), problem: str = "") -> Outcome:
        return Outcome(
            browser=self.browser, place=f"/{self._file}", state=state, entries=entries, problem=problem
        )


def _policies(text: str) -> dict[str, object]:
    try:
        policies = json.loads(text)
    except ValueError:
        return {}
    return policies if isinstance(policies, dict) else {}


def _caution(others: dict[str, dict[str, object]], wanted: list[Origin]) -> str:
    """A site that is blocked stays blocked: that list goes before the one of the allowed."""
    for name, policies in others.items():
        given = policies.get(BLOCKED)
        patterns = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
        for site in wanted:
            if any(matches(each, site) for each in patterns):
                return (
                    f"{name} の {BLOCKED} が {site} を止めています。管理者に確認してください。\n"
                    f"{BLOCKED} in {name} blocks {site}: ask the administrator."
                )
    return ""
