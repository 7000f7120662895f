"""The real daemon as a process whose children can be seen, stopped and killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.pkcs11.earlyworker import is_waiting
from cardbridge_demo import stack
from cardbridge_demo.process import running

_GENEROUS_S = 60.0
_PLACES = ("CONFIG", "STATE", "DATA", "CACHE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """`cardbridge run`; `folder` holds its state and logs."""

    url: str
    process: subprocess.Popen[str]
    folder: Path

    def children(self, kind: str = "") -> list[int]:
        """Process ids; `kind` is "worker" or "dialog". A worker that waits for a request is not told."""
        named = (pid for pid in _children(self.process.pid) if kind in _command(pid))
        return [pid for pid in named if not is_waiting(Path(f"/proc/{pid}"))]

    def one(self, kind: str) -> int:
        """The only such child, which may have to appear first."""
        self.await_children(kind, 1)
        return self.children(kind)[0]

    def await_children(self, kind: str, count: int) -> None:
        """Until there are so many; fails after a minute."""
        deadline = time.monotonic() + _GENEROUS_S
        while len(found := self.children(kind)) != count:
            assert time.monotonic() < deadline, f"{len(found)} {kind} processes instead of {count}"
            time.sleep(0.02)


def places(folder: Path) -> dict[str, str]:
    """The environment in which everything that `daemon` keeps is in `folder`."""
    return {f"XDG_{name}_HOME": str(folder / f"xdg_{name}_home".lower()) for name in _PLACES}


@contextmanager
def daemon(
    folder: Path,
    configuration: Path,
    env: Mapping[str, str],
    *,
    constants: Sequence[str] = (),
    has_tray: bool = False,
) -> Iterator[Daemon]:
    """Runs until the context is left. `constants`: what `launch` shall change."""
    folder.mkdir(exist_ok=True)
    command: list[str | Path] = [stack.BIN / "cardbridge"]
    if constants:
        command = [sys.executable, "-I", Path(__file__).parent / "launch.py", *constants, "--"]
    command += ["run", *([] if has_tray else ["--no-tray"]), "--config", configuration]
    log = folder / "daemon.log"
    environment = {**places(folder), **env}
    with running(command, ready="cardbridge ready", log=log, env=environment) as (process, line):
        url = line.removeprefix("cardbridge ready").strip()
        yield Daemon(url=url, process=process, folder=folder)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # a thread that has just ended
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def whole_family(pid: int) -> list[int]:
    """A process and all below it."""
    return [pid, *(each for child in _children(pid) for each in whole_family(child))]


def signal_all(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
