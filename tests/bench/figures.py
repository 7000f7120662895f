"""Samples, and how they are told: median with spread, and the ratio to a reference of the same run."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`samples` in `unit`; `reference` is what they are compared with, None for the reference itself."""

    what: str
    unit: str
    samples: tuple[float, ...]
    reference: Figures | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    def percentile(self, share: float) -> float:
        """The smallest sample that at least `share` of all do not exceed."""
        ordered = sorted(self.samples)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def ratio(self) -> float | None:
        if self.reference is None or self.reference.median == 0:
            return None
        return self.median / self.reference.median

    def row(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} ×"
        values = (self.median, self.percentile(0.95), self.percentile(0.99), max(self.samples))
        return (
            f"| {self.what} | {len(self.samples)} | "
            + " | ".join(f"{value:.2f} {self.unit}" for value in values)
            + f" | {ratio} |"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "n": len(self.samples),
            "median": self.median,
            "p95": self.percentile(0.95),
            "p99": self.percentile(0.99),
            "worst": max(self.samples),
            "ratio": self.ratio,
        }


def machine() -> str:
    """What it ran on, in a few words."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {system}"
