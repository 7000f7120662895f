"""`make mutations`: takes out one defence after the other, and runs the test that must then fail.

python -m tests.mutations [ID …]    all, or those of these threats; all of them writes RESULTS.md
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.data import FOLDER, Mutation, mutations
from tests.mutations.scratch import Scratch

CAUGHT, SURVIVED, FAILS_ANYWAY, SKIPPED, BROKEN = "caught", "SURVIVED", "FAILS ANYWAY", "SKIPPED", "BROKEN"
_PASSED, _FAILED = 0, 1
_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    mutation: Mutation
    outcome: str
    seconds: float
    said: str


class Laboratory:
    """Tries mutations in one scratch copy, one after the other."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._with_defence: dict[str, tuple[str, str] | None] = {}

    def run(self, mutation: Mutation) -> Result:
        """The test with the defence, which must pass, and without it."""
        begun = time.monotonic()
        if mutation.test not in self._with_defence:
            self._with_defence[mutation.test] = self._trouble(mutation.test)
        outcome, said = self._with_defence[mutation.test] or _judged(self._scratch, mutation)
        return Result(mutation=mutation, outcome=outcome, seconds=time.monotonic() - begun, said=said)

    def _trouble(self, test: str) -> tuple[str, str] | None:
        """Why the test says nothing here; None where it passes."""
        code, said = self._scratch.test([test], _TIMEOUT_S)
        if code != _PASSED:
            return FAILS_ANYWAY, said
        return None if " passed" in said.splitlines()[-1] else (SKIPPED, said)


def _judged(scratch: Scratch, mutation: Mutation) -> tuple[str, str]:
    try:
        with scratch.changed(mutation.file, mutation.find, mutation.replace):
            code, said = scratch.test([mutation.test], _TIMEOUT_S)
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
        laboratory = Laboratory(Scratch(Path(folder)))
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
