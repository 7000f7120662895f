"""`make bench`: everything is measured in one run, side by side, and told as ratios.

    python -m tests.bench [--only token,batch]

A whole run writes tests/bench/RESULTS.md with its plot, results.json, history.json and the part of
ARCHITECTURE.md that says where the time goes; a run of some parts prints and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import os
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from pathlib import Path

import bridge
from cardbridge_demo.desktop import desktop
from tests.bench import history, report
from tests.bench.figures import Figures
from tests.bench.parts import PARTS
from tests.bench.place import Place
from tests.bench.screen import Person
from tests.bench.token import soft_token
from tests.card.stack import Card, pcsc_stack
from tests.card.workplace import Workplace


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"parts, divided by commas: {', '.join(PARTS)}")
    only = [name for name in parser.parse_args().only.replace(" ", "").split(",") if name]
    if unknown := [name for name in only if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    load = os.getloadavg()[0]
    _compile()
    with ExitStack() as undo:
        place = _place(undo)
        figures, failed = _measured(place, only or list(PARTS))
        run = report.Run(figures=figures, remarks=place.remarks, load=load)
    records = history.read()
    sys.stdout.write(report.told(run, records))
    if failed:
        sys.stderr.write(f"nothing was written: {', '.join(failed)} failed\n")
    elif not only:
        report.write(run, records)
    return 1 if failed else 0


def _compile() -> None:
    """An installed program has its bytecode, and so have the references' libraries.

    A tree may have none, and where PYTHONDONTWRITEBYTECODE is set, every process compiles all of it again.
    """
    if not compileall.compile_dir(Path(bridge.__file__).parent, quiet=1):
        raise SystemExit("the bytecode of bridge cannot be written")


def _place(undo: ExitStack) -> Place:
    folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="cardbridge-bench-")))
    cards = undo.enter_context(pcsc_stack([Card(key_type="p256")], readers=1))
    screen = undo.enter_context(desktop())
    workplace = Workplace(folder=folder, cards=cards, screen=screen)
    return Place(workplace=workplace, token=soft_token(folder / "soft"), person=Person(screen))


def _measured(place: Place, parts: list[str]) -> tuple[list[Figures], list[str]]:
    """What was measured, and the parts that failed: the others are not lost with them."""
    figures: list[Figures] = []
    failed: list[str] = []
    for name in parts:
        started = time.monotonic()
        try:
            figures += asyncio.run(PARTS[name](place))
        except Exception:
            sys.stderr.write(traceback.format_exc())
            failed.append(name)
        sys.stderr.write(f"{name}: {time.monotonic() - started:.0f} s\n")
    return figures, failed


if __name__ == "__main__":
    sys.exit(main())
