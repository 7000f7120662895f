"""One daemon a user: the lock, what is stale, and a second start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge import instance
from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import configuration, environment, processes_of, started

HOLD = """
import sys
from pathlib import Path
from bridge.instance import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def take(file: Path) -> int | None:
    """The process that is in the way, None if there is none."""
    try:
        with instance.only_one(file):
            return None
    except instance.AlreadyRunning as running:
        return running.pid


def configure(folder: Path) -> None:
    first = free_ports(2)
    configuration(folder, (first, first + 1))


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lock"


def test_the_kernel_says_who_holds_it(file: Path) -> None:
    assert take(file) is None and take(file) is None
    with holder(file) as other:
        assert take(file) == other.pid
        assert take(file) == other.pid
    assert take(file) is None
    assert file.parent.stat().st_mode & 0o077 == 0 and file.stat().st_mode & 0o077 == 0


def test_a_killed_daemon_leaves_nothing_that_is_believed(file: Path) -> None:
    with holder(file) as other:
        other.kill()
        other.wait()
        assert file.exists() and take(file) is None
    file.write_text("12345")
    assert take(file) is None


def test_a_childs_end_lets_nothing_go(file: Path) -> None:
    """Locks are the process's own: no program that it starts inherits or releases them."""
    with holder(file) as other, holder(file.with_name("another")):
        subprocess.run([sys.executable, "-c", ""], check=True)
        assert take(file) == other.pid


def test_a_link_in_the_locks_place_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir(mode=0o700)
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        take(file)
    assert not (tmp_path / "elsewhere").exists()


def test_the_question_ends_no_daemon_that_is_still_starting(file: Path) -> None:
    with holder(file) as other:
        assert instance.AlreadyRunning(other.pid).ask_for_settings()
        time.sleep(0.2)
        assert other.poll() is None and take(file) == other.pid
    assert not instance.AlreadyRunning(None).ask_for_settings()
    assert not instance.AlreadyRunning(other.pid).ask_for_settings()


Again = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def again(tmp_path: Path) -> Iterator[Again]:
    """A daemon runs; what a second start by the same person does."""
    configure(tmp_path)
    with started(tmp_path) as daemon:

        def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
            done = subprocess.run(
                [stack.program(), *arguments],
                env={**environment(tmp_path), **more},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert daemon.process.poll() is None
            return done

        yield run


def test_a_second_start_says_so_and_is_told_apart_by_its_exit_code(again: Again) -> None:
    for arguments in (("run", "--no-tray"), ("run",)):
        done = again(*arguments)
        assert done.returncode == 3 and done.stdout == "", done
        assert "すでに動いています" in done.stderr and "Traceback" not in done.stderr


def test_a_second_start_at_login_is_silent(again: Again) -> None:
    done = again("run", "--unless-running", DISPLAY=":987")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_with_a_display_the_first_is_asked(again: Again) -> None:
    done = again("run", DISPLAY=":987")
    assert done.returncode == 0 and "設定" in done.stdout and done.stderr == ""


def test_the_address_does_nothing_where_the_daemon_runs(again: Again, tmp_path: Path) -> None:
    before = sorted((tmp_path / "state").rglob("*"))
    done = again("open-url", "cardbridge://start")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    deadline = time.monotonic() + 30
    while len(processes_of(tmp_path)) > 1:
        assert time.monotonic() < deadline, "what the address started stays"
        time.sleep(0.05)
    assert sorted((tmp_path / "state").rglob("*")) == before


def test_another_folder_is_another_daemon(again: Again, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    configure(other)
    with started(other) as second:
        assert second.process.poll() is None


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    configure(tmp_path)
    (tmp_path / "state").write_text("a file where the folder should be")
    with started(tmp_path) as daemon:
        assert daemon.process.poll() is None
    assert "状態フォルダに書けません" in (tmp_path / "stderr").read_text()


assert os.name == "posix"
