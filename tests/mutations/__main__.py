"""`make mutations`: takes out one defence after the other, and runs the test that must then fail.

    python -m tests.mutations [ID …]    what has changed since its last run; or all of these threats

The results go into RESULTS.md one by one. To have every one run, remove that file first.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutations import results
from tests.mutations.data import Mutation, mutations
from tests.mutations.results import CAUGHT
from tests.mutations.scratch import Scratch

SURVIVED, FAILS_ANYWAY, BROKEN = "SURVIVED", "NOT PASSING", "BROKEN"
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


def main(argv: Sequence[str]) -> int:
    every = {results.key(mutation): mutation for mutation in mutations()}
    known = results.kept(every)
    wanted = {
        key: each
        for key, each in every.items()
        if each.threat in argv or not argv and known.get(key) != CAUGHT
    }
    with tempfile.TemporaryDirectory(prefix="cardbridge-mutations-") as folder:
        Path(folder).chmod(0o755)  # noqa: S103 - other users' daemons are started from it
        laboratory = Laboratory(Scratch(Path(folder)), [mutation.test for mutation in wanted.values()])
        for key, mutation in wanted.items():
            result = laboratory.run(mutation)
            known[key] = result.outcome
            results.write(every, known)
            sys.stdout.write(
                f"{mutation.threat:4} {result.outcome:12} {result.seconds:5.1f} s  {mutation.defence}\n"
            )
            if result.outcome != CAUGHT:
                sys.stdout.write(f"{result.said}\n\n")
            sys.stdout.flush()
    results.write(every, known)
    return 0 if all(outcome == CAUGHT for outcome in known.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
