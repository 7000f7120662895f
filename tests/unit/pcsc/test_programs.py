"""Who else uses cards, from a /proc of a few files and from the real one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.pcsc.programs import programs_using_cards

LIBRARY = "7f00-7f10 r-xp 00000000 08:01 1 /usr/lib/x86_64-linux-gnu/libpcsclite.so.1.0.0\n"
OWN = 100


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Ourselves, our worker, a browser with the library, one without it, pcscd, and no process at all."""
    processes = [
        (OWN, 1, "cardbridge", LIBRARY),
        (101, OWN, "worker", LIBRARY),
        (200, 1, "tool (of) evil", LIBRARY),
        (201, 1, "editor", "7f00-7f10 r-xp 00000000 08:01 1 /usr/lib/libc.so.6\n"),
        (202, 1, "pcscd", LIBRARY),
        (203, 1, "another", LIBRARY),
    ]
    for pid, parent, name, maps in processes:
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "maps").write_text(maps)
        (folder / "comm").write_text(name + "\n")
        (folder / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0")
    (tmp_path / "204").mkdir()
    (tmp_path / "self").mkdir()
    return tmp_path


def test_only_others(proc: Path) -> None:
    assert programs_using_cards(OWN, proc) == ("another", "tool (of) evil")


def test_no_proc(tmp_path: Path) -> None:
    """As on systems without one."""
    assert programs_using_cards(OWN, tmp_path / "proc") == ()


def test_the_real_one() -> None:
    """This test has no card library loaded; whatever else runs, no name is ours."""
    assert "cardbridge" not in programs_using_cards(os.getpid())
