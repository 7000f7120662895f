"""Where a browser's policy is written: one kind of place behind one port."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from bridge.core.origin import Origin

State = Literal["written", "unchanged", "removed", "absent", "conflict", "refused"]
"""written, removed: the place was changed. unchanged, absent: it was as it should be, with entries or none.
conflict: somebody else's policy would be overridden, so ours is not there. refused: see the problem."""

TROUBLES: tuple[State, ...] = ("conflict", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What has become of one browser's policy.

    Args:
        place: a path, or a registry key.
        entries: what stands there for the sites, whoever wrote it.
        problem: in Japanese and English, of a conflict or a refusal; also a caution with the other states.
    """

    browser: str
    place: str
    state: State
    entries: tuple[str, ...] = ()
    problem: str = ""


class Target(Protocol):
    """One browser's policy. Nothing of others is changed; doing it again changes nothing."""

    @property
    def browser(self) -> str: ...

    def apply(self, sites: Iterable[Origin]) -> Outcome:
        """Have exactly these sites of ours there; none of them is the same as `remove`.

        Raises:
            Refused, OSError
        """

    def remove(self) -> Outcome:
        """Take away what is ours. Raises: Refused, OSError."""


def url_pattern(site: Origin) -> str:
    """The Chromium family's pattern for this origin alone: without the port it would cover all ports."""
    return f"{site.scheme}://{site.host}:{site.port}"


def https_only(sites: Iterable[Origin]) -> list[Origin]:
    """Those that a browser asks about; it does not for pages of this computer (http, for development)."""
    return sorted({site for site in sites if site.scheme == "https"}, key=str)
