"""Windows: a policy that is a list of numbered values under one registry key, for each of the browsers.

Ours come after what is there, and a second key of ours remembers them; what others wrote stays. **Never
run on Windows**: the logic is tested with a registry in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.browsers.target import Outcome, State, https_only
from bridge.core.origin import Origin
from bridge.registry import Registry

_POLICIES = "software\\policies"
REMEMBERED = "Software\\Cardbridge\\BrowserPolicies"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryList:
    """Args: key: of the list. entry: what stands there for a site."""

    browser: str
    key: str
    entry: Callable[[Origin], str]
    registry: Registry

    def apply(self, sites: Iterable[Origin]) -> Outcome:
        wanted = list(dict.fromkeys(map(self.entry, https_only(sites))))
        current = self.registry.values(self.key)
        mine = self._mine(current)
        dropped = {name: text for name, text in mine.items() if text not in wanted}
        added = [text for text in wanted if text not in current.values()]
        for name in dropped:
            self.registry.delete(self.key, name)
            self.registry.delete(self._memory, name)
        if dropped:
            self._close_gaps(set(mine) - set(dropped))
        last = max(map(int, filter(str.isdecimal, self.registry.values(self.key))), default=0)
        for number, text in enumerate(added, start=last + 1):
            self.registry.set(self._memory, str(number), text)
            self.registry.set(self.key, str(number), text)
        if not wanted:
            self._clean_up()
        state: State = "written" if added else "removed" if dropped else "unchanged" if wanted else "absent"
        return Outcome(browser=self.browser, place=f"HKLM\\{self.key}", state=state, entries=tuple(wanted))

    def remove(self) -> Outcome:
        return self.apply(())

    @property
    def _memory(self) -> str:
        return f"{REMEMBERED}\\{self.browser}"

    def _mine(self, current: dict[str, str | int]) -> dict[str, str]:
        """The values of ours that still stand as we wrote them; the others are forgotten."""
        mine = {}
        for name, text in self.registry.values(self._memory).items():
            if current.get(name) == text:
                mine[name] = str(text)
            else:
                self.registry.delete(self._memory, name)
        return mine

    def _close_gaps(self, mine: set[str]) -> None:
        """Firefox takes the key for a list only where there is a value "1": those after ours move up."""
        current = self.registry.values(self.key)
        for number, name in enumerate(sorted(filter(str.isdecimal, current), key=int), start=1):
            if int(name) == number:
                continue
            text = str(current[name])
            self.registry.set(self.key, str(number), text)
            self.registry.delete(self.key, name)
            if name in mine:
                self.registry.set(self._memory, str(number), text)
                self.registry.delete(self._memory, name)

    def _clean_up(self) -> None:
        """Keys go only where they are empty: ours, the list's, and those above it up to the policies."""
        for key in (self._memory, REMEMBERED, self.key):
            self.registry.delete_key_if_empty(key)
        above = self.key.rpartition("\\")[0]
        while above.casefold() != _POLICIES and "\\" in above:
            self.registry.delete_key_if_empty(above)
            above = above.rpartition("\\")[0]
