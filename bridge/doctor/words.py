"""What a finding says to a person, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from bridge.core.finding import Finding, count
from bridge.core.language import Language
from bridge.doctor import words_en, words_ja
from bridge.ui.characters import both_ends

_CATALOGUES: dict[Language, ModuleType] = {"ja": words_ja, "en": words_en}
_LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`title` of the check, `what` was found, `remedy`: what to do, or empty."""

    title: str
    what: str
    remedy: str


def words(finding: Finding, language: Language) -> Words:
    """Values are shown so that nothing in them can pass for something else (`bridge.ui.characters`)."""
    catalogue = _CATALOGUES[language]
    what, remedy = catalogue.WORDS[finding.code]
    values = {name: both_ends(value, _LONGEST_VALUE) for name, value in finding.values.items()}
    return Words(
        title=catalogue.TITLES[finding.id],
        what=what.format(**values),
        remedy=remedy.format(**values),
    )


def frame(key: str, language: Language, **values: object) -> str:
    """A word of the report or of the window around the findings."""
    text: str = _CATALOGUES[language].FRAME[key]
    return text.format(**values)


def summary(findings: list[Finding], language: Language) -> str:
    """One sentence about all of them."""
    failures, warnings = count(findings, "failure"), count(findings, "warning")
    key = "summary_failures" if failures else "summary_warnings" if warnings else "summary_good"
    return frame(key, language, failures=failures, warnings=warnings)
