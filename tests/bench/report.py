"""What a run says, on the terminal and in the documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.figures import HEAD, Figures, machine

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    figures: list[Figures]
    remarks: list[str]
    is_whole: bool


def told(run: Run) -> str:
    return "\n".join([*HEAD, *(each.row() for each in run.figures)]) + "\n"


def write(run: Run) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        "# What `make bench` measured",
        "",
        f"One run, {now}, {machine()}. Made by the run; do not edit.",
        "",
        told(run),
    ]
    (_HERE / "RESULTS.md").write_text("\n".join(lines), "utf-8")
    content = {"time": now, "machine": machine(), "figures": [each.as_json() for each in run.figures]}
    (_HERE / "results.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
