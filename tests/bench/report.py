"""What a run says: on the terminal, in RESULTS.md with its plot, in ARCHITECTURE.md, and in the history."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.bench import breakdown, charts, figures, goals, history, peers, plot
from tests.bench.figures import Figures

_HERE = Path(__file__).parent
RESULTS, PLOT, JSON = _HERE / "RESULTS.md", _HERE / "results.svg", _HERE / "results.json"
ARCHITECTURE = _HERE.parents[1] / "ARCHITECTURE.md"
BEGIN, END = "<!-- written by make bench: begin -->", "<!-- written by make bench: end -->"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the bench. `load`: the average of the minute before it began."""

    figures: list[Figures]
    remarks: list[str] = field(default_factory=list)
    load: float = 0.0
    time: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    commit: str = field(default_factory=history.commit)

    @cached_property
    def where(self) -> list[str]:
        """The table that says where the time of one signature goes."""
        return breakdown.table(self.figures)

    @cached_property
    def judged(self) -> list[goals.Judged]:
        return goals.judged({each.what: each for each in self.figures})

    @cached_property
    def record(self) -> dict[str, Any]:
        """For the history."""
        values = {each.goal.of: each.value for each in self.judged if each.value is not None}
        return history.record(
            self.figures, values, commit=self.commit, time=self.time, machine=figures.machine()
        )


def told(run: Run, records: list[dict[str, Any]]) -> str:
    """For the terminal."""
    measured = [each.row() for each in run.judged if each.value is not None]
    return "\n".join([*_tables(run), "", *goals.HEAD, *measured, "", *_moved(run, records)]) + "\n"


def _tables(run: Run) -> list[str]:
    return [*figures.HEAD, *(each.row() for each in run.figures), *(["", *run.where] if run.where else [])]


def _moved(run: Run, records: list[dict[str, Any]]) -> list[str]:
    if not records:
        return ["No earlier run to compare with."]
    last = records[-1]
    rates = {each.what for each in run.figures if each.more_is_better}
    found = [f"- {move}" for move in history.moves(last, run.record, rates)]
    earlier = f"the run of commit {last['commit']} ({last['time']}, {last['machine']})"
    head = f"Against {earlier}, what moved by more than {history.NOTICED:.0%}:"
    return [head, "", *found] if found else [f"{head} nothing."]


def write(run: Run, records: list[dict[str, Any]]) -> None:
    """A whole run's documentation, and its record."""
    _written(RESULTS, _results(run, records))
    _written(PLOT, plot.svg(charts.charts(run.figures)))
    content = {
        "time": run.time,
        "commit": run.commit,
        "machine": figures.machine(),
        "figures": [each.as_json() for each in run.figures],
    }
    _written(JSON, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    history.append(run.record)
    _written(ARCHITECTURE, between_markers(ARCHITECTURE.read_text("utf-8"), _where(run)))


def _results(run: Run, records: list[dict[str, Any]]) -> str:
    met = sum(each.is_met is True for each in run.judged)
    lines = [
        "# What `make bench` measured",
        "",
        f"One run of commit {run.commit}, {run.time}, {figures.machine()}. Made by the run; do not edit.",
        "SoftHSM2 with RSA-2048 and SHA-256, unless a row says otherwise. Contenders take turns; a ratio",
        "is the median of the rounds' ratios. Times at the daemon are seen from a client on the same PC.",
        "What a person does at the window is taken out: the half second in which a new window takes no",
        "input, and the typing. Memory is PSS as if the bench's own process were not there. After use",
        "the daemon is measured twice: `at rest, no page`, as it stands idle for most of a day (a minute",
        "after the last page it becomes a fresh one; not on Windows, where the other row counts), and",
        "`a page connected`. The goals are about the first. Before use a page is connected as well; the",
        "references stay as their use has left them.",
        f"The load average of the minute before was {run.load:.1f}; where it is above 0.5 or so, the machine",
        "was busy with other things, and nothing but the ratios is to be trusted.",
        "",
        f"## Goals: {met} of {len(run.judged)} met",
        "",
        *goals.HEAD,
        *(each.row() for each in run.judged),
        "",
        f"![The figures as bars; a dashed line is a goal]({PLOT.name})",
        "",
        "## Where the time of one signature goes",
        "",
        *run.where,
        "",
        "## Everything",
        "",
        *figures.HEAD,
        *(each.row() for each in run.figures),
        "",
        *peers.LINES,
        "",
        "## Since the run before",
        "",
        *_moved(run, records),
        "",
        *(["## Left out", "", *(f"- {remark}" for remark in run.remarks), ""] if run.remarks else []),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _where(run: Run) -> str:
    source = "Measured by `make bench` ([all figures](tests/bench/RESULTS.md)):"
    return "\n".join([f"{source} {run.time}, {figures.machine()}.", "", *run.where])


def between_markers(text: str, new: str) -> str:
    """`text` with `new` between the markers. Raises: ValueError, without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the markers are gone")
    return f"{before}{BEGIN}\n\n{new.strip()}\n\n{END}{after}"


def _written(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
