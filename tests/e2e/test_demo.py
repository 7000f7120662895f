"""`cardbridge-demo` for a person at a display: it says where to go, and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cardbridge_card.pcscd import missing_piece
from cardbridge_demo.process import running
from tests.e2e.conftest import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.card]


def left_over(folder: Path) -> list[str]:
    """Processes whose command names the folder."""
    found = subprocess.run(["pgrep", "-af", str(folder)], capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


@pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_ended_it_leaves_nothing_running(lab: Lab, tmp_path: Path, how: signal.Signals) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for what a shell runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = tmp_path / "demo"
    command: list[str | Path] = [Path(sys.executable).parent / "cardbridge-demo", "--data", folder]
    env = {**lab.screen.env, "HOME": str(tmp_path)}
    with running(command, ready="終了するには", log=tmp_path / "demo.log", env=env, timeout_s=90) as (
        process,
        _,
    ):
        assert len(left_over(folder)) >= 3  # portal, virtual card, the demonstration itself
        os.kill(process.pid, how)
        assert process.wait(60) == 0
    assert left_over(folder) == []
