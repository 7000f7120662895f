"""A search of processes' memory for a text, as root: what a debugger of root would find."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")


def memory(pid: int) -> Iterator[bytes]:
    """Every readable mapping of a process."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as image:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if found is None or "[vvar" in line or "[vsyscall" in line:
                continue
            start, end = (int(part, 16) for part in found.groups())
            image.seek(start)
            try:
                yield image.read(end - start)
            except OSError:
                continue


def copies(pid: int, text: str) -> int:
    """How often it is there, in any encoding."""
    needles = [text.encode(encoding) for encoding in ENCODINGS]
    return sum(part.count(needle) for part in memory(pid) for needle in needles)


def holds(pid: int, text: str) -> bool:
    return copies(pid, text) > 0


def holders(processes: Mapping[int, str], text: str) -> set[str]:
    """What those are called that hold it; one that ends meanwhile holds nothing any more."""
    found = set()
    for pid, name in processes.items():
        with suppress(FileNotFoundError, ProcessLookupError):
            if holds(pid, text):
                found.add(name)
    return found


def command_and_environment(pid: int) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{part}").read_bytes() for part in ("cmdline", "environ"))


def descendants(pid: int) -> list[int]:
    """Its children, and theirs."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found += map(int, (task / "children").read_text().split())
    return found + [grandchild for child in found for grandchild in descendants(child)]


def everybody(*marks: str) -> dict[int, str]:
    """All processes that this test run has started, also those whose parent is gone, by what they are called.

    Args:
        marks: texts in the environment of those that belong to it.
    """
    own, found = os.getpid(), {}
    pids = {*descendants(own), *(int(name) for name in os.listdir("/proc") if name.isdigit())}
    started = set(descendants(own))
    for pid in pids - {own}:
        with suppress(OSError):
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            if pid in started or any(mark.encode() in environment for mark in marks):
                name = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[pid] = name
    return found
