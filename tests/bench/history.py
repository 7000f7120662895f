"""One compact record a run, by commit, and what has moved since the last one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figures import Figures, digits

PATH = Path(__file__).with_name("history.json")
NOTICED = 0.10
"""A share: what has moved by more is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Of one figure, from one run to another. `is_better` None: the figure has no better side."""

    what: str
    before: float
    now: float
    is_better: bool

    def __str__(self) -> str:
        change = (self.now / self.before - 1) * 100
        verdict = "better" if self.is_better else "WORSE"
        return f"{verdict} by {abs(change):.0f} %: {self.what}: {digits(self.before)} -> {digits(self.now)}"


def record(
    figures: Sequence[Figures], goals: Mapping[str, float], *, commit: str, time: str, machine: str
) -> dict[str, Any]:
    """What is kept of a run: the ratios, and what the goals without a ratio look at."""
    ratios = {each.what: round(each.ratio, 3) for each in figures if each.ratio is not None}
    values = {what: round(value, 3) for what, value in goals.items() if what not in ratios}
    return {"commit": commit, "time": time, "machine": machine, "ratios": ratios, "values": values}


def moves(last: Mapping[str, Any], new: Mapping[str, Any], rates: set[str]) -> list[Move]:
    """What differs by more than `NOTICED`; what is worse stands first.

    Args:
        rates: the figures of which more is better.
    """
    found = []
    for kind in ("ratios", "values"):
        for what, before in last.get(kind, {}).items():
            now = new[kind].get(what)
            if now is None or not before or abs(now / before - 1) <= NOTICED:
                continue
            found.append(Move(what=what, before=before, now=now, is_better=(now > before) == (what in rates)))
    return sorted(found, key=lambda move: (move.is_better, -abs(move.now / move.before - 1)))


def read(path: Path = PATH) -> list[dict[str, Any]]:
    """All records, the oldest first."""
    records: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return records


def append(new: dict[str, Any], path: Path = PATH) -> None:
    """Keep `new`, a line a record; one of the same commit is replaced."""
    kept = [each for each in read(path) if each["commit"] != new["commit"]]
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in [*kept, new])
    path.write_text(f"[\n{lines}\n]\n", "utf-8")


def commit() -> str:
    """The commit that was measured, abbreviated; with a + where the tree had been changed since."""
    here = Path(__file__).parent
    number = _git("rev-parse", "--short=10", "HEAD", cwd=here)
    changed = _git("status", "--porcelain", "--untracked-files=no", cwd=here)
    return number + ("+" if changed else "")


def _git(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
