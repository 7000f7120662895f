"""What a daemon hands on to the one that it becomes, and what is not believed of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import handover, instance
from bridge.server.listener import adopted, listen
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import configuration, started, taken
from tests.unit.test_instance import holder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="exec is another process there")


def handed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> handover.HandedOn | None:
    """What `received` makes of it; the variable is gone then, whatever it makes."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    monkeypatch.setenv(handover.VARIABLE, str(reader))
    try:
        return handover.received()
    finally:
        assert handover.VARIABLE not in os.environ


def message(**values: Any) -> bytes:
    return json.dumps({"sockets": [10], "lock": 11, "pid": os.getpid(), **values}).encode()


def test_only_what_this_process_has_handed_on_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = handed(monkeypatch, message(tray={"control": 12, "pid": 77}, skipped=3))
    assert found is not None and (found.sockets, found.lock, found.skipped) == ((10,), 11, 3)
    others = (
        message(pid=os.getppid()),
        message(pid=None),
        message(sockets=[1]),
        message(lock=-1),
        message(sockets=[1 << 40]),
        message(tray={"control": 12, "pid": 0}),
        b"",
        b"[" * 5000,
        b"\xff",
    )
    for content in others:
        assert handed(monkeypatch, content) is None, content


@pytest.mark.parametrize("number", ["", "x", "-1", "999999", "²", str(1 << 70)])
def test_a_number_without_a_pipe_is_nothing(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv(handover.VARIABLE, number)
    assert handover.received() is None and handover.VARIABLE not in os.environ


def test_a_file_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(message())
    with (tmp_path / "file").open() as opened:
        monkeypatch.setenv(handover.VARIABLE, str(opened.fileno()))
        assert handover.received() is None and opened.read()


@pytest.mark.parametrize("before", [None, "/opt/lib"])
def test_a_frozen_program_begins_with_what_its_first_start_had(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """As PyInstaller's bootloader leaves it: else its folder would be added at each rest, without end."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", "/usr/lib/cardbridge/cardbridge")
    monkeypatch.setenv("LD_LIBRARY_PATH", ":".join(filter(None, ("/usr/lib/cardbridge/_internal", before))))
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    found = handover._environment(9)
    assert found.get("LD_LIBRARY_PATH") == before and "LD_LIBRARY_PATH_ORIG" not in found
    assert not any(name.startswith("_PYI_") for name in found)
    assert found[handover.VARIABLE] == "9" and found["PYINSTALLER_RESET_ENVIRONMENT"] == "1"


@pytest.fixture
def ports() -> tuple[int, int]:
    first = free_ports(2)
    return first, first + 1


def test_the_same_sockets_listen_on(ports: tuple[int, int]) -> None:
    port, sockets = listen(*ports)
    found = adopted([each.detach() for each in sockets], *ports)
    assert found is not None and found[0] == port
    for each in found[1]:
        assert not each.get_inheritable() and not each.getblocking()
        each.close()


def elsewhere(ports: tuple[int, int]) -> Iterator[list[socket.socket]]:
    """Sockets as a program might hand on that wants other people to be served, or a page to be deceived."""
    for family, kind, host in (
        (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0"),  # noqa: S104 - not to be adopted
        (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
        (socket.AF_INET6, socket.SOCK_STREAM, "::1"),
    ):
        with socket.socket(family, kind) as one:
            one.bind((host, ports[0]))
            if kind == socket.SOCK_STREAM:
                one.listen()
            yield [one]
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", ports[0]))
        yield [deaf]
    with taken(0) as out_of_range:
        yield [out_of_range]
    with taken(ports[0]) as one, taken(ports[1]) as other:
        yield [one, other]


def test_other_sockets_are_closed(ports: tuple[int, int]) -> None:
    for sockets in elsewhere(ports):
        copies = [os.dup(each.fileno()) for each in sockets]
        assert adopted(copies, *ports) is None, sockets
        for copy in copies:
            with pytest.raises(OSError):
                os.fstat(copy)
    reader, writer = os.pipe()
    assert adopted([reader], *ports) is None and adopted([], *ports) is None
    os.close(reader)
    os.close(writer)


def test_a_daemon_that_is_handed_something_else_starts_like_any_other(tmp_path: Path) -> None:
    """Pipe and numbers as another program would make them; it binds its own sockets, its lock is its own."""
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    with started(tmp_path, program=(sys.executable, "-c", FORGER)) as daemon:
        assert daemon.port == first
        daemon.serves()
        (held,) = [each for each in tmp_path.rglob("lock*") if each.is_file()]
        assert instance.running(held) == daemon.process.pid
        assert daemon.stop() == 0


FORGER = """
import json, os, socket, sys
from bridge import cli, handover
everybodys = socket.socket()
everybodys.bind(("0.0.0.0", 0))
everybodys.listen()
lock = os.open("/dev/null", os.O_RDWR)
reader, writer = os.pipe()
content = dict(sockets=[everybodys.fileno()], lock=lock, pid=os.getpid(), tray=dict(control=lock, pid=1))
os.write(writer, json.dumps(content).encode())
os.close(writer)
os.environ[handover.VARIABLE] = str(reader)
sys.exit(cli.main(sys.argv[1:]))
"""


def test_the_lock_is_held_by_the_descriptor_that_was_handed_on(tmp_path: Path) -> None:
    file = tmp_path / "state" / "lock"
    before = signal.getsignal(signal.SIGUSR1)
    with instance.only_one(file) as handle:
        copy = os.dup(handle)
        with instance.only_one(file, copy) as again:
            assert again == copy
    other = os.open(tmp_path, os.O_RDONLY)
    with instance.only_one(file, other) as own:
        assert own != other
    os.close(other)
    with (
        holder(file),
        pytest.raises(instance.AlreadyRunning),
        instance.only_one(file, os.open(file, os.O_RDWR)),
    ):
        pass
    signal.signal(signal.SIGUSR1, before)


def test_a_child_from_before_is_waited_for_and_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    child = handover.HandedChild(process.pid)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.05)
    child.kill()
    child.wait()
    child.wait(1.0)
    child.kill()  # nobody else's number is meant
    for strange in (process.pid, 1):
        with pytest.raises(OSError):
            handover.HandedChild(strange)
    process.returncode = 0
    process.communicate()
