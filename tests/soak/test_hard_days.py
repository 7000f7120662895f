"""Days on which the machine is not as it should be, with the real daemon; the other ones: see README.md."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.soak.namespaces import MOUNTS, NETWORK, Corner, corner, in_corner
from tests.unit.server.running import HAS_IPV6, Daemon, configuration, environment, eventually, started
from tests.unit.server.wire import ORIGIN, Wire, connected, opening

SERVES = "import sys; from tests.unit.server.wire import serves; serves(int(sys.argv[1]))"
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def refuse(port: int, *names: str) -> None:
    """Sites that are not allowed: each is put on the list of refused ones and into the audit log."""
    for name in names:
        with Wire(port) as wire:
            wire.upgrade({"Origin": f"https://{name}.example"})
            assert wire.closing() == 4403


def audit(folder: Path, *verb: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """`cardbridge audit …` with the folders of the daemon in `folder`."""
    return subprocess.run(
        [*before, stack.program(), "audit", *verb],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def daemon_in(place: Corner, folder: Path) -> Iterator[Daemon]:
    with started(folder, before=place.prefix) as daemon:
        yield daemon


def configured(folder: Path) -> int:
    first = free_ports(1)
    configuration(folder, (first, first))
    return first


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Corner]:
    """The state's folder is a file system of 64 KiB."""
    configured(tmp_path)
    (tmp_path / "state").mkdir()
    with corner(MOUNTS, 'mount -t tmpfs -o size=64k,mode=700 none "$1"', tmp_path / "state") as place:
        yield place


FILL = 'dd if=/dev/zero of="$1/ballast" bs=4k status=none || true'
STATE = "state/cardbridge"


def test_the_disk_is_full(small_disk: Corner, tmp_path: Path) -> None:
    """From the start: it serves; when there is room again, what waited is written, and nothing is damaged."""
    ballast = tmp_path / "state" / "ballast"
    small_disk.run("sh", "-c", FILL, "sh", str(tmp_path / "state"))
    with daemon_in(small_disk, tmp_path) as daemon:
        daemon.serves()
        refuse(daemon.port, "first", "second")
        eventually(lambda: _says(daemon, "the audit log cannot be written: No space left on device"))
        daemon.serves()
        small_disk.run("rm", str(ballast))
        refuse(daemon.port, "third")
        eventually(lambda: _says(daemon, "the audit log is written again"))
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.errors
    verified = audit(tmp_path, "verify", before=small_disk.prefix)
    assert verified.returncode == 0, verified
    listed = audit(tmp_path, "list", before=small_disk.prefix).stdout
    assert all(f"https://{name}.example" in listed for name in ("first", "second", "third"))


@pytest.mark.slow
def test_the_disk_fills_up(small_disk: Corner, tmp_path: Path) -> None:
    """In the middle of its work, the daemon killed then; the next start on the full disk is clean."""
    with daemon_in(small_disk, tmp_path) as daemon:
        refuse(daemon.port, "first")
        eventually(lambda: _lists(small_disk, tmp_path, "first"))
        small_disk.run("sh", "-c", FILL, "sh", str(tmp_path / "state"))
        refuse(daemon.port, *(f"page-{number}" for number in range(25)))
        daemon.serves()
        daemon.stop(9)
    assert audit(tmp_path, "verify", before=small_disk.prefix).returncode == 0
    with daemon_in(small_disk, tmp_path) as daemon:
        daemon.serves()
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.errors
    assert audit(tmp_path, "verify", before=small_disk.prefix).returncode == 0
    kept = small_disk.run("cat", str(tmp_path / STATE / "refused.json"))
    assert "https://first.example" in json.dumps(json.loads(kept))


def _says(daemon: Daemon, text: str) -> None:
    assert text in daemon.errors


def _lists(place: Corner, folder: Path, name: str) -> None:
    kept = place.run("cat", str(folder / STATE / "refused.json"), is_checked=False)
    assert name in kept and name in audit(folder, "list", before=place.prefix).stdout


def test_the_home_is_read_only(tmp_path: Path) -> None:
    """Everything of the user's on a file system that cannot be written: it says so and serves."""
    configured(tmp_path)
    for name in ("state", "config", "data", "cache"):
        (tmp_path / name).mkdir()
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
    with corner(MOUNTS, script, tmp_path) as place:
        place.run("sh", "-c", '! touch "$1/x" 2>/dev/null', "sh", str(tmp_path))
        with daemon_in(place, tmp_path) as daemon:
            refuse(daemon.port, "first")
            daemon.serves()
            eventually(lambda: _says(daemon, "the audit log cannot be written: Read-only file system"))
            eventually(lambda: _says(daemon, "the list of refused sites cannot be written"))
            assert "状態フォルダに書けません" in daemon.errors
            assert daemon.stop() == 0
            assert "Traceback" not in daemon.errors


def test_proc_cannot_be_read(tmp_path: Path) -> None:
    """Nobody's owner can be found: nobody is let in, and the daemon lives and ends as always."""
    port = configured(tmp_path)
    with corner(MOUNTS, "mount -t tmpfs none /proc") as place:
        with daemon_in(place, tmp_path) as daemon:
            for _ in range(3):
                with Wire(port) as wire:
                    assert wire.answer(opening(port)).status == 403
            assert daemon.process.poll() is None
            assert daemon.stop() == 0
            assert "Traceback" not in daemon.errors


@pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 on this machine: every other test is this one")
@pytest.mark.parametrize("switch", ["all/disable_ipv6", ""])
def test_ipv6_is_absent(tmp_path: Path, switch: str) -> None:
    """Switched off (no ::1), or with a loopback interface that has none: 127.0.0.1 is served alone."""
    port = configured(tmp_path)
    off = f"echo 1 > /proc/sys/net/ipv6/conf/{switch}\n" if switch else ""
    lost = "" if switch else "\nip -6 address flush dev lo"
    with corner(NETWORK, f"{off}ip link set lo up{lost}") as place:
        with daemon_in(place, tmp_path) as daemon:
            in_corner(place, tmp_path, SERVES, port)
            assert daemon.stop() == 0
            assert daemon.errors == ""


@pytest.mark.slow
@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("days", [3650, -3650], ids=["forward", "back"])
def test_the_clock_jumps(tmp_path: Path, days: int) -> None:
    """By ten years while it serves: who is connected stays, who comes is served, the chain holds."""
    port = configured(tmp_path)
    told = tmp_path / "time"
    told.write_text("+0")
    env = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(told), "FAKETIME_NO_CACHE": "1"}
    with started(tmp_path, env={**env, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}) as daemon:
        with connected(port, ORIGIN) as early:
            refuse(port, "before")
            told.write_text(f"{days:+d}d")
            refuse(port, "after", "before")
            for _ in range(3):
                assert "result" in early.call("bridge.info")
            daemon.serves()
            told.write_text("+0")
            refuse(port, "again")
            assert "result" in early.call("bridge.info")
        assert daemon.stop() == 0
        assert daemon.errors == ""
    assert audit(tmp_path, "verify").returncode == 0
    listed = audit(tmp_path, "list").stdout
    assert all(f"https://{name}.example" in listed for name in ("before", "after", "again"))
    assert str((datetime.now() + timedelta(days=days)).year) in listed, "the jump was none"
    refused = json.loads((tmp_path / STATE / "refused.json").read_text())
    assert len(refused) == 3


@pytest.mark.slow
def test_started_again_and_again_at_the_same_moment(tmp_path: Path) -> None:
    """Six starts of one user at once: one daemon serves, the others say so (exit code 3), nothing is left."""
    port = configured(tmp_path)
    command = [stack.program(), "run", "--no-tray"]
    processes = [
        subprocess.Popen(
            command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    try:
        deadline = time.monotonic() + 60
        while sum(process.poll() is None for process in processes) > 1:
            assert time.monotonic() < deadline, "several stay"
            time.sleep(0.05)
        (serving,) = (process for process in processes if process.poll() is None)
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("cardbridge ready ")
        with connected(port, ORIGIN) as wire:
            assert "result" in wire.call("bridge.info")
        others = [process for process in processes if process is not serving]
        assert [process.returncode for process in others] == [3] * 5
        assert not any("Traceback" in process.communicate()[1] for process in others)
        serving.terminate()
        assert serving.wait(30) == 0
        assert not (tmp_path / STATE / "runtime.json").exists()
    finally:
        for process in processes:
            process.kill()
            process.communicate()
