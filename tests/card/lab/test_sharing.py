"""Other programs that use the card too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.card.lab.faults import Fault, demonstrates
from tests.card.lab.laboratory import MARKS
from tests.card.lab.trial import Trial

pytestmark = MARKS

IN_USE = "ICカードを、ほかのプログラムが使っています。使い終わると、自動で次へ進みます。"


@contextmanager
def exclusive_holder(trial: Trial) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the card for itself until its stdin ends."""
    command = [sys.executable, str(Path(__file__).parent / "holder.py"), trial.lab.stack.reader_names[0]]
    env = {**os.environ, **trial.lab.stack.env}
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()


@demonstrates(
    Fault(
        name="held-by-other-program",
        ja="ほかのソフトがカードを独占している。終わると、窓は自動で先へ進む",
        en="Another program holds the card exclusively; the window goes on by itself when it lets go",
    )
)
async def test_held(trial: Trial) -> None:
    with exclusive_holder(trial) as holder:
        async with trial.page() as page:
            request = await page.ask()
            await trial.sees(IN_USE)
            await trial.sees("使っている可能性のあるプログラム：")
            assert holder.stdin is not None
            holder.stdin.close()
            await trial.enter()
            await page.succeeds(request)
            await page.recovers()


@demonstrates(
    Fault(
        name="held-then-escape",
        ja="ほかのソフトがカードを独占している。利用者があきらめる",
        en="Another program holds the card exclusively; the user gives up",
    )
)
async def test_given_up(trial: Trial) -> None:
    async with trial.page() as page:
        with exclusive_holder(trial):
            request = await page.ask()
            await trial.sees(IN_USE)
            await trial.close_window("Escape")
            await page.fails(request, "userCancelled")
        await page.recovers()
