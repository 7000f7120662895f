"""`make fuzz`: every target for so many seconds, with what it has found before.

Command line: seconds for each target, and the targets, all if none is named. New inputs that reach more go to
build/fuzz; an input that breaks something goes to tests/fuzz/crashes, from where a test runs it, and the exit
code is 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import CORPUS, CRASHES, TARGETS

_FOUND = Path(__file__).parents[2] / "build" / "fuzz"
_ONE_INPUT_S = 20
_MEMORY_MB = 3000
_LONGEST = 65536
_COVERAGE = re.compile(r"cov: (\d+)")
_RUNS = re.compile(r"stat::number_of_executed_units: +(\d+)")


def main(arguments: list[str]) -> int:
    seconds, names = int(arguments[0]), arguments[1:] or list(TARGETS)
    failed = [name for name in names if not _run(name, seconds)]
    if failed:
        sys.stdout.write(f"broken: {', '.join(failed)}; the inputs are in {CRASHES}\n")
    return 1 if failed else 0


def _run(name: str, seconds: int) -> bool:
    """Whether nothing was found."""
    found = _FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(exist_ok=True)
    seeds = CORPUS / name
    command = [
        sys.executable, "-m", "tests.fuzz.drive", name, f"-max_total_time={seconds}", "-print_final_stats=1",
        f"-timeout={_ONE_INPUT_S}", f"-rss_limit_mb={_MEMORY_MB}", f"-max_len={_LONGEST}",
        f"-artifact_prefix={CRASHES / name}-", str(found), *([str(seeds)] if seeds.is_dir() else []),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace")
    coverage, runs = _COVERAGE.findall(ended.stderr), _RUNS.findall(ended.stderr)
    growth = f"coverage {coverage[0]} to {coverage[-1]}" if coverage else "no coverage"
    sys.stdout.write(
        f"{name:18} {runs[-1] if runs else '?':>9} runs, {growth}, {len(list(found.iterdir()))} found\n"
    )
    if ended.returncode:
        sys.stdout.write(ended.stdout[-4000:] + ended.stderr[-1500:] + "\n")
    sys.stdout.flush()
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
