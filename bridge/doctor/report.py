"""The findings as text for a terminal, and as JSON for programs.

The JSON keeps its shape; new members may be added: ``{"schema": 1, "version", "time", "state", "findings":
[{"id", "code", "state", "title", "what", "remedy", "detail", "repair"}]}``, where title, what and remedy are
``{"ja", "en"}`` and state is ok, warning, failure or skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bridge import __version__
from bridge.core.finding import Finding, State, worst
from bridge.core.language import Language
from bridge.doctor.words import frame, words
from bridge.ui.characters import line

SCHEMA = 1
MARKS: dict[State, str] = {"ok": "○", "warning": "△", "failure": "×", "skipped": "－"}  # noqa: RUF001
_COLOURS: dict[State, str] = {"ok": "32", "warning": "33", "failure": "31;1", "skipped": "2"}


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The whole report."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "state": worst(findings),
        "findings": [_entry(each) for each in findings],
    }


def _entry(finding: Finding) -> dict[str, Any]:
    ja, en = words(finding, "ja"), words(finding, "en")
    return {
        "id": finding.id,
        "code": finding.code,
        "state": finding.state,
        "title": {"ja": ja.title, "en": en.title},
        "what": {"ja": ja.what, "en": en.what},
        "remedy": {"ja": ja.remedy, "en": en.remedy},
        "detail": finding.detail,
        "repair": finding.repair,
    }


def as_text(finding: Finding, language: Language, *, is_coloured: bool, has_detail: bool = False) -> str:
    """One finding, on one line or more."""
    said = words(finding, language)
    mark = f"{MARKS[finding.state]} {frame(finding.state, language)}"
    if is_coloured:
        mark = f"\x1b[{_COLOURS[finding.state]}m{mark}\x1b[0m"
    lines = [f"{mark}  {said.title}: {said.what}"]
    if said.remedy:
        lines.append("      " + frame("remedy", language, text=said.remedy))
    if has_detail and finding.detail:
        lines += [f"      {line(each)}" for each in finding.detail.splitlines()]
    return "\n".join(lines)
