"""What the run tells: operations by kind and how they ended, slopes, kills, what must not be."""

from __future__ import annotations

import platform
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from tests.soak import measures
from tests.soak.killing import Killing
from tests.soak.living import Living

_COUNTS = {"files": "file descriptors", "threads": "threads", "children": "child processes"}
_MEMORY = {"own_kib": "memory of its own (Pss_Anon), KiB", "pss_kib": "PSS, KiB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`load` is the machine's when the run began."""

    seed: int
    seconds: float
    load: float
    living: Living
    killing: Killing

    @property
    def faults(self) -> list[str]:
        samples = self.living.samples
        flat = measures.faults_of(samples) if len(measures.judged(samples)) > 2 else ["too few samples"]
        return [*self.living.ledger.faults, *flat, *self.killing.faults]

    def told(self) -> str:
        """The whole report."""
        parts = (self._head(), self._operations(), self._audit(), self._slopes(), self._kills())
        return "\n".join(parts) + self._faults()

    def _head(self) -> str:
        operations = self.living.ledger.operations
        return (
            "# What the endurance run found\n\n"
            f"`make soak SECONDS={self.seconds:.0f}`, seed {self.seed}, {date.today()}, "
            f"{platform.system()} {platform.machine()}, load {self.load:.0f} at the beginning. "
            f"{operations:,} operations with one daemon, then {self.killing.rounds} daemons killed. "
            f"**{len(self.faults)} faults.** What is checked, and what is not, is in README.md here.\n"
        )

    def _operations(self) -> str:
        outcomes: dict[str, dict[str, int]] = defaultdict(dict)
        for (kind, outcome), count in self.living.ledger.outcomes.items():
            outcomes[kind][outcome] = count
        rows = [
            f"| {kind} | {sum(ends.values()):,} | {_listed(ends)} |"
            for kind, ends in sorted(outcomes.items())
        ]
        head = "## Operations\n\nEach request got exactly one answer, or its page had left.\n\n"
        return head + "| what | how many | how they ended |\n|---|--:|---|\n" + "\n".join(rows) + "\n"

    def _audit(self) -> str:
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for (what, result), count in self.living.recorded.items():
            counts[what][result] = count
        rows = [f"| {what} | {_listed(results)} |" for what, results in sorted(counts.items())]
        head = "## The audit log\n\n| what | records |\n|---|---|\n"
        return head + "\n".join(rows) + "\n"

    def _slopes(self) -> str:
        samples = self.living.samples
        judged = measures.judged(samples)
        head = (
            f"## At rest\n\n{len(samples)} samples of the daemon with nothing to do, the first "
            f"{len(samples) - len(judged)} not judged (warm-up). Least squares; slopes for each 1,000 "
            "operations, with their standard error. Bounds: files and children always as many; "
            f"threads at most {measures.MOST_THREADS}; memory of its own at most "
            f"{measures.MEMORY_KIB_PER_1000:.0f} KiB per 1,000 operations (slope less two such errors).\n\n"
            "| what | first | last | slope |\n|---|--:|--:|--:|\n"
        )
        if len(judged) < 3:
            return head
        rows = []
        for name, words in (_COUNTS | _MEMORY).items():
            line = measures.slope(samples, name)
            first, last = (getattr(sample, name) for sample in (judged[0], judged[-1]))
            rows.append(f"| {words} | {first:,.0f} | {last:,.0f} | {line.slope:+.2f} ± {line.error:.2f} |")
        return head + "\n".join(rows) + "\n"

    def _kills(self) -> str:
        kinds = sorted(self.living.kills | self.killing.killed)
        rows = [f"| {kind} | {self.living.kills[kind]} | {self.killing.killed[kind]} |" for kind in kinds]
        moments = [f"| {moment} | {count} |" for moment, count in self.killing.moments.most_common()]
        return (
            "## Killed (kill -9) at random moments\n\n"
            "| process | under the living daemon | with its daemon |\n"
            "|---|--:|--:|\n" + "\n".join(rows) + "\n\n| what ran when the daemon was killed | times |\n"
            "|---|--:|\n" + "\n".join(moments) + "\n"
        )

    def _faults(self) -> str:
        if not self.faults:
            return ""
        return "\n## Faults\n\n" + "\n".join(f"- {fault}" for fault in self.faults) + "\n"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in Counter(counts).most_common())
