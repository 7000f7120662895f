"""The laboratory's faults by name, and the table of what users see of them: tests/card/FAULTS.md.

    CARDBRIDGE_FAULTS=write .venv/bin/python -m pytest tests/card/lab

writes the table anew, from a run of the whole laboratory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import pytest

TABLE = Path(__file__).parent.parent / "FAULTS.md"
WRITE = "CARDBRIDGE_FAULTS"

_HEADER = """\
# カードの故障とその見え方 / Faults of cards, and what people see of them

故障実験 (`tests/card/lab`) の実行から作られた表です。手で直さないでください (`make faults`)。
どの故障のあとも、同じICカードブリッジがそのまま、次のPIN番号の入力で成功しています。
「回復」は、次に操作を始めた時 (ICカードブリッジが気づく必要のあるものは、原因がなくなった時) から
成功までの秒数です。窓が開くまでの時間と、PIN番号を打つ時間 (機械で約1秒) を含みます。
ドライバを待つ制限時間は、実験では5秒です (実際は30秒、使えるドライバがほかにあれば10秒)。

Made from a run of the laboratory (`tests/card/lab`); not to be edited by hand (`make faults`). After every
fault the same daemon, never restarted, succeeds with the next PIN. "Recovery" counts the seconds to that
success from the next attempt, or, where the daemon has to notice it first, from the end of the cause; the
opening of the window and the typing of the PIN (about 1 s by machine) are in it. The middle column is what
the page gets (`reason`) and what the person reads, on the page or in the window (窓). Drivers are waited for
5 s in the experiments (30 s in earnest, 10 s where another driver serves).

| 故障 / Fault | 利用者が見るもの / What the user sees | 回復 / Recovery |
|---|---|---|
"""

_Test = TypeVar("_Test", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault and what was done to bring it about, in one short sentence each.

    `operand` is what distinguishes it from others of the same test, for example a status word.
    `is_slow` leaves it to `make test-all`.
    """

    name: str
    ja: str
    en: str
    operand: str = ""
    is_slow: bool = False


FAULTS: dict[str, Fault] = {}


def demonstrates(*faults: Fault) -> Callable[[_Test], _Test]:
    """The test brings `faults` about, one at a time; its fixture `trial` knows which."""
    for fault in faults:
        if FAULTS.setdefault(fault.name, fault) != fault:
            raise ValueError(f"two faults are called {fault.name}")
    cases = [
        pytest.param(fault, id=fault.name, marks=[pytest.mark.slow] if fault.is_slow else [])
        for fault in faults
    ]
    return pytest.mark.parametrize("trial", cases, indirect=True)


def laboratory() -> dict[str, Fault]:
    """Every fault by name, whatever part of the laboratory runs."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        import_module(f"tests.card.lab.{file.stem}")
    return FAULTS


def is_writing() -> bool:
    return os.environ.get(WRITE) == "write"


def row(fault: Fault, seen: list[str], recovery_s: float | None) -> str:
    """The table's line; without `recovery_s` up to the last column."""
    cells = [f"`{fault.name}`<br>{fault.ja}<br>{fault.en}", "<br>".join(seen)]
    line = f"| {' | '.join(cell.replace('|', '／') for cell in cells)} |"
    return line if recovery_s is None else f"{line} {recovery_s:.1f} s |"


def committed() -> dict[str, str]:
    """Name -> line, as the table in the repository has them."""
    lines = TABLE.read_text("utf-8").splitlines() if TABLE.exists() else []
    return {line.split("`")[1]: line for line in lines if line.startswith("| `")}


class Record:
    """What a run has seen, by fault."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}

    def add(self, fault: Fault, seen: list[str], recovery_s: float) -> None:
        """Notes one fault; in a run that does not write, it must be as the table says, but for the time."""
        self._rows[fault.name] = row(fault, seen, recovery_s)
        if not is_writing():
            wanted = committed().get(fault.name, "")
            assert wanted.startswith(row(fault, seen, None)), f"FAULTS.md has: {wanted}"

    def write(self) -> None:
        """The whole table by name; faults that did not run keep their line."""
        rows = committed() | self._rows
        lines = [rows[name] for name in sorted(laboratory()) if name in rows]
        TABLE.write_text(_HEADER + "\n".join(lines) + "\n", "utf-8")
