"""What the diagnosis finds. Pure: what is looked at, and how, is in `bridge.doctor`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ok", "warning", "failure", "skipped"]
"""ok: in order. warning: works, but somebody should know. failure: something cannot work until it is mended.
skipped: could not be looked at here (the reason is said)."""

_GRAVITY: dict[State, int] = {"failure": 3, "warning": 2, "skipped": 1, "ok": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of one check.

    Args:
        id: the check, e.g. ``driver.load``; it never changes its meaning.
        code: what was found; the key of its words in both languages.
        values: what the words name: numbers, paths, dates. Never a name out of a certificate.
        detail: for a help desk, in no particular language; may be empty.
        repair: what can be mended here (`bridge.doctor.repairs`), or empty.
    """

    id: str
    code: str
    state: State
    values: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    repair: str = ""


def worst(findings: Iterable[Finding]) -> State:
    """The gravest state among them; ok where there are none."""
    return max((each.state for each in findings), key=_GRAVITY.__getitem__, default="ok")


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first; among equals the order stays."""
    return sorted(findings, key=lambda each: -_GRAVITY[each.state])


def count(findings: Iterable[Finding], state: State) -> int:
    return sum(each.state == state for each in findings)
