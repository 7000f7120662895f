"""`make mutations`: takes out one defence after the other, and runs the test that must then fail.

python -m tests.mutations [ID …]    all, or those of these threats; all of them writes RESULTS.md
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.data import FOLDER, Mutation, mutations
from tests.mutations.scratch import Scratch

CAUGHT, SURVIVED, FAILS_ANYWAY, BROKEN = "caught", "SURVIVED", "NOT PASSING", "BROKEN"
_PASSED, _FAILED = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    mutation: Mutation
    outcome: str
    seconds: float
    said: str


class Laboratory:
    """Tries mutations in one scratch copy, one after the other.

    Args:
        tests: those that will be run; what they say with every defence in place is found out first.
    """

    def __init__(self, scratch: Scratch, tests: Iterable[str]) -> None:
        self._scratch = scratch
        self._passing, self._said = scratch.passing(tuple(dict.fromkeys(tests)))

    def run(self, mutation: Mutation) -> Result:
        begun = time.monotonic()
        outcome, said = self._judged(mutation)
        return Result(mutation=mutation, outcome=outcome, seconds=time.monotonic() - begun, said=said)

    def _judged(self, mutation: Mutation) -> tuple[str, str]:
        if mutation.test not in self._passing:
            return FAILS_ANYWAY, self._said  # or was skipped here
        try:
            with self._scratch.changed(mutation.file, mutation.find, mutation.replace):
                code, said = self._scratch.test(mutation.test)
        except (SyntaxError, ValueError) as error:
            return BROKEN, str(error)
        if code == _PASSED:
            return SURVIVED, said
        # A test that hangs without the defence has noticed as well: pytest's own time limit ends it.
        return (CAUGHT, said) if code == _FAILED else (BROKEN, said)


def table(results: Sequence[Result]) -> str:
    """RESULTS.md."""
    caught = sum(result.outcome == CAUGHT for result in results)
    lines = [
        "# Mutations",
        "",
        "Written by `make mutations`: in a copy of the project each defence is taken out alone, and the test",
        "that holds it is run, first with it, then without it. The lists are the `.toml` files in this",
        "folder; the ids are those of [THREAT_MODEL.md](../../THREAT_MODEL.md).",
        "",
        f"**{caught} of {len(results)} caught.**",
        "",
        "| threat | taken out | in | test | result |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        each = result.mutation
        lines.append(f"| {each.threat} | {each.defence} | `{each.file}` | `{each.test}` | {result.outcome} |")
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str]) -> int:
    wanted = [each for each in mutations() if not argv or each.threat in argv]
    results = []
    with tempfile.TemporaryDirectory(prefix="cardbridge-mutations-") as folder:
        Path(folder).chmod(0o755)  # noqa: S103 - other users' daemons are started from it
        laboratory = Laboratory(Scratch(Path(folder)), [mutation.test for mutation in wanted])
        for mutation in wanted:
            result = laboratory.run(mutation)
            results.append(result)
            sys.stdout.write(
                f"{mutation.threat:4} {result.outcome:12} {result.seconds:5.1f} s  {mutation.defence}\n"
            )
            if result.outcome != CAUGHT:
                sys.stdout.write(f"{result.said}\n\n")
            sys.stdout.flush()
    if not argv:
        (FOLDER / "RESULTS.md").write_text(table(results), encoding="utf-8")
    return 0 if all(result.outcome == CAUGHT for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
