"""What processes cost the machine: memory and time, from proc(5)."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path


def pss_mib(pid: int, part: str = "Pss") -> float:
    """The proportional set size of one process (smaps_rollup); `part`: "Pss_Anon" is that without files."""
    rollup = _of(pid, "smaps_rollup")
    kib = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{part}:"))
    return kib / 1024


def alone_mib(pid: int) -> float:
    """The proportional set size as if the bench's own process were not there.

    The bench is a Python program too: pages of files that it maps as well count in full, but for those of
    the C library, which every program maps.
    """
    bench = {path for path, _, _ in _mappings(os.getpid())}
    kib = 0
    for path, rss, pss in _mappings(pid):
        kib += rss if path in bench and not Path(path).name.startswith(_EVERYBODYS) else pss
    return kib / 1024


_EVERYBODYS = ("libc.so", "libm.so", "ld-linux")


def _mappings(pid: int) -> list[tuple[str, int, int]]:
    """Files with the KiB of their pages that are there, whole and as a share (smaps)."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    path = ""
    for line in _of(pid, "smaps").splitlines():
        first, *rest = line.split(maxsplit=5)
        if not first.endswith(":"):
            path = rest[4] if len(rest) > 4 and rest[4].startswith("/") else ""
        elif first == "Rss:":
            sums[path][0] += int(rest[0])
        elif first == "Pss:":
            sums[path][1] += int(rest[0])
    return [(path, rss, pss) for path, (rss, pss) in sums.items()]


def _of(pid: int, name: str) -> str:
    """A file of a process. The daemon shows its memory to root only (PR_SET_DUMPABLE, prctl(2))."""
    path = Path(f"/proc/{pid}/{name}")
    try:
        return path.read_text()
    except PermissionError:
        command = ["sudo", "--non-interactive", "cat", str(path)]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def cpu_ns(pids: Iterable[int]) -> dict[str, int]:
    """User and system time of every thread, by the scheduler's own nanoseconds."""
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return {task.name: int((task / "schedstat").read_text().split()[0]) for task in tasks}


def cpu_ms_since(before: dict[str, int], pids: Iterable[int]) -> float:
    """What these processes have used since `before`."""
    return sum(time - before.get(thread, 0) for thread, time in cpu_ns(pids).items()) / 1e6
