"""The table in the repository is the laboratory's: every fault of it, and no other."""

from __future__ import annotations

import pytest

from tests.card.lab import faults

pytestmark = pytest.mark.skipif(faults.is_writing(), reason="the table is being written")


def test_every_fault_has_its_line() -> None:
    lines, wanted = faults.committed(), faults.laboratory()
    assert sorted(lines) == sorted(wanted)
    for name, line in lines.items():
        fault = wanted[name]
        assert line.startswith(f"| `{name}`<br>{fault.ja}<br>{fault.en} | "), line
        assert line.endswith(" s |"), line


def test_there_are_enough() -> None:
    """What was promised: at least 25 named faults."""
    assert len(faults.committed()) >= 25
