"""`make bench`: everything is measured in one run, side by side, and printed as ratios; nothing is judged.

The table goes to tests/bench/RESULTS.md, the figures to tests/bench/results.json.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cardbridge_demo.desktop import desktop
from tests.bench.authority import authority
from tests.bench.batch import batch
from tests.bench.figures import Figures, machine
from tests.bench.idle import idle
from tests.bench.lookups import lookups
from tests.bench.responsiveness import responsiveness
from tests.bench.upload import uploads
from tests.card.stack import Card, pcsc_stack
from tests.card.workplace import Workplace

_HERE = Path(__file__).parent


def main() -> int:
    figures: list[Figures] = []
    with (
        tempfile.TemporaryDirectory(prefix="cardbridge-bench-") as folder,
        pcsc_stack([Card(key_type="p256")], readers=1) as stack,
        desktop() as screen,
    ):
        workplace = Workplace(folder=Path(folder), cards=stack, screen=screen)
        for measure in (responsiveness, idle, uploads, batch, lookups, authority):
            figures += asyncio.run(measure(workplace))
    _write(figures)
    return 0


def _write(figures: list[Figures]) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        "# What `make bench` measured",
        "",
        f"One run, {now}, {machine()}. Made by the run; do not edit.",
        "",
        "| what | n | median | 95 % | 99 % | worst | against the first of its kind |",
        "|---|---|---|---|---|---|---|",
        *(each.row() for each in figures),
    ]
    (_HERE / "RESULTS.md").write_text("\n".join(lines) + "\n", "utf-8")
    content = {"time": now, "machine": machine(), "figures": [each.as_json() for each in figures]}
    (_HERE / "results.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write("\n".join(lines[4:]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
