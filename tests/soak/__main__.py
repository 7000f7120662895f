"""`make soak SECONDS=900`: hours of mixed work compressed, and everything that dies on the way.

    python -m tests.soak SECONDS [--seed N] [--no-results]

Three quarters of the time one daemon serves while its children, PC/SC and cards come and go; in the rest
daemons are killed one after the other. A run of five minutes or more writes tests/soak/RESULTS.md.
The exit code is 1 where something is not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.soak.run import soaked

DEFAULT_S = 900
_WRITTEN_FROM_S = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=DEFAULT_S)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--no-results", action="store_true", help="print only")
    options = parser.parse_args()
    sys.stderr.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="cardbridge-soak-") as folder:
        result = asyncio.run(soaked(Path(folder), options.seconds, options.seed))
    text = result.told()
    sys.stdout.write(text)
    if options.seconds >= _WRITTEN_FROM_S and not options.no_results:
        Path(__file__).with_name("RESULTS.md").write_text(text, encoding="utf-8")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
