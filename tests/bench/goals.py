"""What is to be reached, in ratios and figures of one run, and whether it is."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.bench import batch, connections, idle, signing, starting, upload, window
from tests.bench.figures import Figures, digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The ratio of the figure `of`, or its median in its own unit, shall be at most or least `bound`."""

    what: str
    of: str
    by: Literal["ratio", "median"]
    bound: float
    at: Literal["most", "least"] = "most"
    unit: str = "×"


GOALS = (
    Goal(
        what="start to ready, beside thirty lines of aiohttp",
        of=starting.READY,
        by="ratio",
        bound=1.0,
    ),
    Goal(
        what="start to first signature, the person's time taken out, beside the applet by Web Start",
        of=starting.FIRST,
        by="ratio",
        bound=0.35,
    ),
    Goal(
        what="idle PSS, no tray, no worker, at rest after use, beside thirty lines of aiohttp",
        of=idle.against("aiohttp"),
        by="ratio",
        bound=1.0,
    ),
    Goal(what="the same beside Node", of=idle.against("Node"), by="ratio", bound=0.75),
    Goal(
        what="the same beside the applet by Web Start",
        of=idle.against(starting.WEB_START),
        by="ratio",
        bound=0.4,
    ),
    Goal(what="idle CPU in 20 s, a minute's third", of=idle.CPU, by="median", bound=1.0, unit="ms"),
    Goal(
        what="one token, session open, its signature verified, beside the bare call",
        of=signing.OURS,
        by="ratio",
        bound=1.6,
    ),
    Goal(
        what="eight in flight, in order, beside the rate of the bare call",
        of=signing.OURS_IN_FLIGHT,
        by="ratio",
        bound=0.6,
        at="least",
    ),
    Goal(
        what="500 documents, CAdES, each over the bare call",
        of=batch.OVER_BARE.format(what=batch.named(500, "CAdES")),
        by="median",
        bound=2.0,
        unit="ms",
    ),
    Goal(what="request to PIN window", of=window.WHAT, by="median", bound=150.0, unit="ms"),
    Goal(
        what="a document of 256 MiB: the rate beside thirty lines of aiohttp that hash the same frames",
        of=upload.LARGEST,
        by="ratio",
        bound=0.8,
        at="least",
    ),
    Goal(
        what="the same: memory flat, over a document of 16 MiB",
        of=upload.FLAT,
        by="median",
        bound=8.0,
        unit="MiB",
    ),
    Goal(what="256 idle connections: each", of=connections.EACH, by="median", bound=20.0, unit="KiB"),
    Goal(what="the same: a token meanwhile, beside none held", of=connections.TOKEN, by="ratio", bound=1.2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`samples`: the rounds' ratios, or all that was measured; none: not measured in this run."""

    goal: Goal
    samples: Sequence[float]

    @property
    def value(self) -> float | None:
        return statistics.median(self.samples) if self.samples else None

    @property
    def is_met(self) -> bool | None:
        if self.value is None:
            return None
        within = self.value <= self.goal.bound if self.goal.at == "most" else self.value >= self.goal.bound
        return within

    def row(self) -> str:
        """Of a Markdown table with `HEAD`."""
        sign = "≤" if self.goal.at == "most" else "≥"
        value = "not measured" if self.value is None else f"{digits(self.value)} {self.goal.unit}"
        low, high = min(self.samples, default=0.0), max(self.samples, default=0.0)
        spread = f"{digits(low)} – {digits(high)}" if len(self.samples) > 1 else ""
        met = {None: "", True: "met", False: "**not met**"}[self.is_met]
        return (
            f"| {self.goal.what} | {sign} {self.goal.bound:g} {self.goal.unit} | {value} | {spread} | {met} |"
        )


HEAD = ("| what | goal | measured | lowest – highest | |", "|---|---|---|---|---|")


def judged(figures: Mapping[str, Figures], goals: tuple[Goal, ...] = GOALS) -> list[Judged]:
    """Each goal, by the figures of a run."""
    return [_judged(goal, figures.get(goal.of)) for goal in goals]


def _judged(goal: Goal, found: Figures | None) -> Judged:
    if found is None:
        return Judged(goal=goal, samples=())
    if goal.by == "ratio":
        return Judged(goal=goal, samples=found.ratios)
    return Judged(goal=goal, samples=found.samples)
