"""The real `cardbridge run` for these tests: its own folders, free ports, no PC/SC, no driver, no display."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.unit.server.wire import ORIGIN, OTHER_ORIGIN, serves

STOP_TIMEOUT_S = 30.0
HAS_IPV6 = Path("/proc/net/if_inet6").exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """`port` is what the ready line names."""

    process: subprocess.Popen[str]
    folder: Path
    line: str
    port: int

    def serves(self) -> None:
        """Assert that it goes on serving."""
        assert self.process.poll() is None
        serves(self.port)

    def stop(self, number: int = 15) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_TIMEOUT_S)

    @property
    def errors(self) -> str:
        return (self.folder / "stderr").read_text()


def eventually(check: Callable[[], object]) -> None:
    """What becomes true soon: the daemon notices a closed socket in its own time."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while True:
        try:
            check()
            return
        except (AssertionError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def processes_of(folder: Path) -> list[int]:
    """The daemons, and what is about to be one, whose state is in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        if f"XDG_STATE_HOME={folder / 'state'}".encode() in variables and b"run" in command:
            found.append(int(process.name))
    return found


@contextmanager
def taken(port: int, host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """Somebody else's listening socket."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as other:
        other.bind((host, port))
        other.listen()
        yield other


def configuration(folder: Path, ports: tuple[int, int], rules: str = "") -> Path:
    """A config.toml that allows `ORIGIN` and `OTHER_ORIGIN`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "config.toml"
    path.touch(mode=0o600)
    sites = "".join(f'[[site]]\norigin = "{origin}"\n' for origin in (ORIGIN, OTHER_ORIGIN))
    path.write_text(f"[server]\nports = [{ports[0]}, {ports[1]}]\n{rules}\n{sites}")
    return path


def environment(folder: Path) -> dict[str, str]:
    """Where everything is in `folder`, and nothing of the machine's is found."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    places = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    return {
        **kept,
        **places,
        "HOME": str(folder),
        "CARDBRIDGE_CONFIG": str(folder / "config.toml"),
        "PCSCLITE_CSOCK_NAME": str(folder / "no-pcscd"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@contextmanager
def started(
    folder: Path,
    *,
    before: Sequence[str] = (),
    program: Sequence[str] = (stack.program(),),
    env: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """`cardbridge run` with the config.toml in `folder`. `before`: what the command is run under."""
    command = [*before, *program, "run", "--no-tray"]
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            command,
            env={**environment(folder), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("cardbridge ready "), (line, (folder / "stderr").read_text())
        port = int(line.rpartition("/v1")[0].rpartition(":")[2])
        yield Daemon(process=process, folder=folder, line=line, port=port)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def running_in(folder: Path, rules: str = "") -> Iterator[Daemon]:
    """A daemon of one's own, with one port."""
    port = free_ports(1)
    configuration(folder, (port, port), rules)
    with started(folder) as running:
        yield running
