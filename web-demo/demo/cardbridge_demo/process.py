"""Processes of the demonstration: started, waited for, ended."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

STOP_TIMEOUT_S = 10.0


class NotReady(RuntimeError):
    """A process ended, or said nothing, before it was ready."""


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `command` until the context is left.

    Args:
        ready: how the line on stdout begins that says it serves; that line is given back.
        log: where its stderr goes.
        env: added to this process's environment.

    Raises:
        NotReady
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - the demonstration's own programs
            [str(part) for part in command],
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process, _ready_line(process, ready, timeout_s, log)
        finally:
            stop(process)


@contextmanager
def background(command: Sequence[str | Path], *, log: Path) -> Iterator[None]:
    """Run `command` until the context is left, without waiting for it."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the demonstration's own programs
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )
        try:
            yield
        finally:
            stop(process)


def stop(process: subprocess.Popen[str]) -> int:
    """SIGTERM, and after `STOP_TIMEOUT_S` SIGKILL; the exit code."""
    process.terminate()
    try:
        return process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _ready_line(process: subprocess.Popen[str], ready: str, timeout_s: float, log: Path) -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None  # noqa: S101 - stdout is a pipe
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=timeout_s)
        except queue.Empty:
            raise NotReady(f"{process.args!r} says nothing; see {log}") from None
        if line.startswith(ready):
            return line.strip()
        if not line:
            raise NotReady(f"{process.args!r} ended with {process.wait()}; see {log}")


def _pump(source: TextIO, lines: queue.Queue[str]) -> None:
    for line in source:
        lines.put(line)
    lines.put("")
