"""The bounds of a running process, as the kernel tells them: proc(5), prlimit(2)."""

from __future__ import annotations

import resource
from pathlib import Path

BOUNDED = ("2", "1", 0)


def bounds(pid: int | None) -> tuple[str, str, int]:
    """Seccomp's mode, no_new_privs, and the most that a core dump may have."""
    assert pid is not None
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return status["Seccomp"], status["NoNewPrivs"], resource.prlimit(pid, resource.RLIMIT_CORE)[1]
