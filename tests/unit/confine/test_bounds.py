"""What a confined process can no longer do, and what it still can: each tried, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.confine import landlock, seccomp, syscalls

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = Path(__file__).with_name("bounded.py")
REFUSED = "PermissionError"
ALWAYS_REFUSED = ("inet", "inet6", "inet in a thread", "ptrace", "namespace", "io_uring")
CHANGES = ("write", "append", "truncate", "remove", "folder", "link")


@pytest.fixture
def private() -> Iterator[Path]:
    """Not below /tmp, where modules may write."""
    folder = Path(tempfile.mkdtemp(dir=Path.home()))
    yield folder
    shutil.rmtree(folder)


def tried(kind: str, private: Path, token: Path, **variables: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, SCRIPT, kind, private, token],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(private), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def refused(found: dict[str, str]) -> set[str]:
    return {name for name, outcome in found.items() if outcome == REFUSED}


@pytest.fixture
def kernel_has_all() -> None:
    if landlock.version() < 6 or not syscalls.machine():
        pytest.skip("this kernel has no Landlock of version 6, or this machine no table of calls")


@pytest.mark.usefixtures("kernel_has_all")
def test_unbounded_all_of_it_would_be_possible(private: Path, tmp_path: Path) -> None:
    found = tried("nothing", private, tmp_path)
    assert not refused(found) - {"namespace", "io_uring", "typing"}, found


@pytest.mark.usefixtures("kernel_has_all")
def test_a_module(private: Path, tmp_path: Path) -> None:
    found = tried("module", private, tmp_path)
    assert refused(found) == {*ALWAYS_REFUSED, *CHANGES, "foreign program", "signal", "typing"}, found
    assert found["unix"] == found["uevent"] == found["own write"] == found["own program"] == "done"


@pytest.mark.usefixtures("kernel_has_all")
def test_a_reader_of_documents(private: Path, tmp_path: Path) -> None:
    found = tried("documents", private, tmp_path)
    assert refused(found) >= {*ALWAYS_REFUSED, *CHANGES, "own write", "read", "signal"}
    assert refused(found) >= {"foreign program", "own program", "unix", "uevent"}
    assert found["pair"] == found["library"] == "done"


@pytest.mark.usefixtures("kernel_has_all")
def test_a_window(private: Path, tmp_path: Path) -> None:
    found = tried("window", private, tmp_path, DISPLAY=":0")
    assert refused(found) >= {*ALWAYS_REFUSED, *CHANGES, "own write", "foreign program", "own program"}
    assert found["unix"] == "done"


@pytest.mark.usefixtures("kernel_has_all")
def test_a_window_on_another_computers_screen_reaches_it(private: Path, tmp_path: Path) -> None:
    found = tried("window", private, tmp_path, DISPLAY="localhost:10.0")
    assert found["inet"] == "done" and found["foreign program"] == found["write"] == REFUSED


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        ("x86_64", "x86_64-linux-gnu/asm/unistd_64.h"),
        ("i386", "x86_64-linux-gnu/asm/unistd_32.h"),
        ("aarch64", "asm-generic/unistd.h"),
    ],
)
def test_the_numbers_are_the_kernels(machine: str, header: str) -> None:
    file = Path("/usr/include", header)
    if not file.exists():
        pytest.skip("the kernel's headers are not installed")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", file.read_text())
    numbers = {name: int(number) for name, number in defined}
    table = syscalls.MACHINES[machine].numbers
    assert table == {name: numbers[name] for name in table}


def test_every_machine_refuses_the_same() -> None:
    names = [set(machine.numbers) for machine in syscalls.MACHINES.values()]
    assert names[0] == names[1] == names[2]


def test_a_machine_that_is_not_known_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert not syscalls.machine() and not seccomp.restrict(families=(), may_execute=False)


def test_without_landlock_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.confine.kernel.syscall", lambda *_: -1)
    assert landlock.restrict(writes=()) == 0
