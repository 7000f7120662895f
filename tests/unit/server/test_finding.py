"""Where the daemon listens, what it says of itself, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import HAS_IPV6, configuration, environment, started, taken
from tests.unit.server.wire import connected

both_addresses = pytest.param("::1", marks=pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 here"))


def test_ready_line_and_both_addresses(tmp_path: Path) -> None:
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    with started(tmp_path) as daemon:
        assert daemon.line == f"cardbridge ready ws://127.0.0.1:{first}/v1\n"
        for host in ("127.0.0.1", "::1") if HAS_IPV6 else ("127.0.0.1",):
            with connected(first, host=host) as wire:
                assert "result" in wire.call("bridge.info")
        daemon.serves()


def test_listens_nowhere_else(tmp_path: Path) -> None:
    first = free_ports(1)
    configuration(tmp_path, (first, first))
    with started(tmp_path):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", first), timeout=5)
        local = {row.split()[1] for name in ("tcp", "tcp6") for row in _rows(name) if row.split()[3] == "0A"}
        ours = {address for address in local if address.endswith(f":{first:04X}")}
    assert ours <= {f"0100007F:{first:04X}", f"{'0' * 24}01000000:{first:04X}"}
    assert len(ours) == 1 + HAS_IPV6


def _rows(table: str) -> list[str]:
    path = Path("/proc/net") / table
    return path.read_text().splitlines()[1:] if path.exists() else []


@pytest.mark.parametrize("host", ["127.0.0.1", both_addresses])
def test_port_taken_on_one_address_is_not_free(tmp_path: Path, host: str) -> None:
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    with taken(first, host), started(tmp_path) as daemon:
        assert daemon.port == first + 1
        daemon.serves()


THIEF = """
import socket, sys
port, taken = int(sys.argv[1]), []
options = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
for family, hosts in ((socket.AF_INET, ("127.0.0.1", "0.0.0.0")), (socket.AF_INET6, ("::1", "::"))):
    for host in hosts:
        for chosen in ((), options[:1], options[1:], options):
            with socket.socket(family) as thief:
                for option in chosen:
                    thief.setsockopt(socket.SOL_SOCKET, option, 1)
                try:
                    thief.bind((host, port))
                    thief.listen()
                except OSError:
                    continue
                taken.append((host, chosen))
print(taken)
"""
"""Another program of the same user, with every option that lets sockets share a port."""


def thefts(port: int) -> str:
    return subprocess.run([sys.executable, "-c", THIEF, str(port)], capture_output=True, text=True).stdout


def test_listening_port_cannot_be_shared(tmp_path: Path) -> None:
    first = free_ports(1)
    assert thefts(first).count("127.0.0.1") == 4, "the thief does not work"
    configuration(tmp_path, (first, first))
    with started(tmp_path) as daemon:
        assert thefts(first) == "[]\n"
        daemon.serves()


def test_every_port_taken(tmp_path: Path) -> None:
    first = free_ports(3)
    configuration(tmp_path, (first, first + 2))
    with ExitStack() as others:
        for port in range(first, first + 3):
            others.enter_context(taken(port))
        command = [stack.program(), "run", "--no-tray"]
        ended = subprocess.run(
            command, env=environment(tmp_path), capture_output=True, text=True, timeout=60, encoding="utf-8"
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"ポート {first}～{first + 2} がすべて使われている" in ended.stderr
    assert f"All ports from {first} to {first + 2} are taken" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "state" / "cardbridge" / "runtime.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_runtime_file(tmp_path: Path, number: signal.Signals) -> None:
    first = free_ports(1)
    configuration(tmp_path, (first, first))
    path = tmp_path / "state" / "cardbridge" / "runtime.json"
    with started(tmp_path) as daemon:
        content = json.loads(path.read_text())
        assert set(content) == {"pid", "url", "version"}
        assert content["pid"] == daemon.process.pid
        assert content["url"] == f"ws://127.0.0.1:{first}/v1"
        with connected(first) as wire:
            assert content["version"] == wire.call("bridge.info")["result"]["version"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert daemon.stop(number) == 0
        assert not path.exists()
        assert daemon.errors == ""


def test_a_crashed_daemons_runtime_file_is_replaced(tmp_path: Path) -> None:
    first = free_ports(1)
    configuration(tmp_path, (first, first))
    path = tmp_path / "state" / "cardbridge" / "runtime.json"
    with started(tmp_path) as daemon:
        assert daemon.stop(signal.SIGKILL) == -signal.SIGKILL
    assert path.exists()
    with started(tmp_path) as daemon:
        assert json.loads(path.read_text())["pid"] == daemon.process.pid


def test_two_daemons_side_by_side(tmp_path: Path) -> None:
    first = free_ports(2)
    for name in ("one", "two"):
        configuration(tmp_path / name, (first, first + 1))
    with started(tmp_path / "one") as one, started(tmp_path / "two") as two:
        assert (one.port, two.port) == (first, first + 1)
        one.serves()
        two.serves()
        assert two.stop() == 0
        one.serves()
