"""Firefox on Linux: entries of ours in policies.json, a file that everybody shares.

Only the list of domains is edited: everything else keeps its place and its characters. Firefox knows hosts
here, no ports. Where an installation of Firefox brings its own policies.json and there is no shared one,
nothing is written, since Firefox would no longer read its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.browsers.firefox import POLICY
from bridge.browsers.jsontext import drop, parsed, put
from bridge.browsers.ours import Ours
from bridge.browsers.rootfiles import Refused
from bridge.browsers.target import Outcome, State, https_only
from bridge.core.origin import Origin

_PATH = ("policies", POLICY, "SkipDomains")
_NEW = "{}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesJson:
    """Args: file: the shared one, below the root. own: those that installations of Firefox bring."""

    browser: str
    file: str
    own: tuple[str, ...]
    ours: Ours

    def apply(self, sites: Iterable[Origin]) -> Outcome:
        wanted = sorted({site.host for site in https_only(sites)})
        if not wanted:
            return self.remove()
        text = self.ours.files.read(self.file)
        if text is None and (hidden := self._hidden()):
            problem = (
                f"{hidden} が使われなくなるため、/{self.file} を作りませんでした。"
                f"{hidden} の SkipDomains に追加してください: {', '.join(wanted)}\n"
                f"/{self.file} was not made, because Firefox would no longer read {hidden}: "
                f"add these to SkipDomains there"
            )
            return self._outcome("conflict", problem=problem)
        return self._edit(text, wanted)

    def remove(self) -> Outcome:
        text = self.ours.files.read(self.file)
        if text is None or self.file not in self.ours.entries:
            self.ours.remember(self.file, [], [])
            return self._outcome("absent")
        return self._edit(text, [])

    def _edit(self, text: str | None, wanted: list[str]) -> Outcome:
        before = _NEW if text is None else text
        current = self._domains(before)
        mine = [each for each in self.ours.entries.get(self.file, ()) if each in current]
        added = [each for each in wanted if each not in current]
        dropped = [each for each in mine if each not in wanted]
        made = [] if text is None else self.ours.made.get(self.file, [])
        made = made or _missing(text)
        edited = before
        if added or dropped:
            kept = [each for each in current if each not in dropped]
            edited = put(before, _PATH, kept + added)
        mine = [each for each in mine if each in wanted] + added
        if not mine:
            return self._clean_up(before, edited, made)
        self.ours.remember(self.file, mine, made)
        if edited == text:
            return self._outcome("unchanged", tuple(wanted))
        self.ours.write(self.file, edited)
        return self._outcome("written", tuple(wanted))

    def _clean_up(self, before: str, edited: str, made: list[str]) -> Outcome:
        """Nothing of ours is left: what was made around it goes too, unless others have used it."""
        for depth in range(len(_PATH), 0, -1):
            path = _PATH[:depth]
            if path[-1] in made and _at(parsed(edited), path) in ({}, []):
                edited = drop(edited, path)
        if "file" in made and parsed(edited) == {}:
            self.ours.files.delete(self.file)
        elif edited != before:
            self.ours.write(self.file, edited)
        self.ours.remember(self.file, [], [])
        return self._outcome("removed" if edited != before else "absent")

    def _domains(self, text: str) -> list[str]:
        """Raises: Refused, where this is not what Firefox reads."""
        path = self.ours.files.root / self.file
        try:
            document = parsed(text)
        except ValueError as error:
            raise Refused(path, f"JSONとして読めません / no JSON: {error}") from None
        holder = document
        for name in _PATH:
            missing: Any = [] if name == _PATH[-1] else {}
            holder = holder.get(name, missing) if isinstance(holder, dict) else None
        if not isinstance(holder, list) or not all(isinstance(each, str) for each in holder):
            raise Refused(path, f"{'.'.join(_PATH)} の形が違います / is not of the known form")
        return holder

    def _hidden(self) -> str:
        return next((f"/{each}" for each in self.own if (self.ours.files.root / each).exists()), "")

    def _outcome(self, state: State, entries: tuple[str, ...] = (), problem: str = "") -> Outcome:
        return Outcome(
            browser=self.browser, place=f"/{self.file}", state=state, entries=entries, problem=problem
        )


def _missing(text: str | None) -> list[str]:
    """What has to be made for the first entry."""
    if text is None:
        return ["file", *_PATH]
    holder: Any = parsed(text)
    for index, name in enumerate(_PATH):
        if name not in holder:
            return list(_PATH[index:])
        holder = holder[name]
    return []


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document
