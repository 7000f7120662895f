"""The recipe of web-demo/guide/testing.md runs as it stands, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.card]
GUIDE = Path(__file__).parents[2] / "web-demo" / "guide" / "testing.md"


def recipe() -> str:
    """The one Python block of the page."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


def test_it_is_short() -> None:
    assert len([line for line in recipe().splitlines() if line.strip()]) < 40


def test_it_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "test_portal.py").write_text(recipe(), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_portal.py"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DISPLAY"))}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
