"""Samples, and how they are told: median with spread, and the ratio to a reference of the same run."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`samples` in `unit`; `reference` is what they are compared with, None for the reference itself.

    `what` is unique in a run, and the same in every run: by it runs are compared. With several `rounds` the
    samples are those of one round after the other, equally many; both sides took turns, and the ratio is the
    median of the rounds' ratios, so that what disturbs the machine for a while meets both.
    """

    what: str
    unit: str
    samples: tuple[float, ...]
    reference: Figures | None = None
    rounds: int = 1
    more_is_better: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    def percentile(self, share: float) -> float:
        """The smallest sample that at least `share` of all do not exceed."""
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def medians(self) -> list[float]:
        """Of each round."""
        size = len(self.samples) // self.rounds
        return [
            statistics.median(self.samples[begin : begin + size])
            for begin in range(0, size * self.rounds, size)
        ]

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def ratios(self) -> list[float]:
        """Of each round; of the medians, where both sides did not take turns."""
        theirs = self.reference
        if theirs is None or theirs.median == 0:
            return []
        if theirs.rounds != self.rounds:
            return [self.median / theirs.median]
        return [a / b for a, b in zip(self.medians, theirs.medians, strict=True) if b]

    def row(self) -> str:
        """Of a Markdown table with `HEAD`."""
        best = max(self.samples) if self.more_is_better else min(self.samples)
        worst = min(self.samples) if self.more_is_better else self.percentile(0.99)
        low, high = digits(self.percentile(0.25)), digits(self.percentile(0.75))
        told = [f"{digits(self.median)} {self.unit}", f"{low} – {high}", digits(best), digits(worst)]
        return f"| {self.what} | {len(self.samples)} | {' | '.join(told)} | {self._compared()} |"

    def _compared(self) -> str:
        ratios = self.ratios
        if not ratios or self.reference is None:
            return ""
        spread = f" ({min(ratios):.2f} – {max(ratios):.2f})" if len(ratios) > 1 else ""
        return f"{statistics.median(ratios):.2f} ×{spread} {self.reference.what}"

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "n": len(self.samples),
            "median": self.median,
            "p25": self.percentile(0.25),
            "p75": self.percentile(0.75),
            "p95": self.percentile(0.95),
            "p99": self.percentile(0.99),
            "worst": max(self.samples),
            "ratio": self.ratio,
            "reference": self.reference.what if self.reference else None,
        }


HEAD = (
    "| what | n | median | middle half | best | 99 % | ratio (lowest – highest of the rounds) |",
    "|---|---|---|---|---|---|---|",
)


class Rounds:
    """Collects the samples of contenders that take turns."""

    def __init__(self, unit: str, *, more_is_better: bool = False) -> None:
        self._unit = unit
        self._more_is_better = more_is_better
        self._samples: dict[str, list[list[float]]] = {}

    def add(self, what: str, samples: Iterable[float]) -> None:
        """One round of `what`."""
        self._samples.setdefault(what, []).append(list(samples))

    def figures(self, what: str, reference: Figures | None = None, *, told_as: str | None = None) -> Figures:
        """All rounds of `what`."""
        rounds = self._samples[what]
        return Figures(
            what=told_as or what,
            unit=self._unit,
            samples=tuple(sample for each in rounds for sample in each),
            reference=reference,
            rounds=len(rounds),
            more_is_better=self._more_is_better,
        )

    def __contains__(self, what: str) -> bool:
        return what in self._samples


def digits(value: float) -> str:
    """With three significant digits or so."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def machine() -> str:
    """What it ran on, in a few words."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {system}"
