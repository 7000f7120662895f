"""A corner of the machine that is worse off: mounts and network of its own, for a daemon in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MOUNTS, NETWORK = "m", "n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    """`prefix` stands before a command that shall run in it."""

    prefix: tuple[str, ...]
    holder: int

    def run(self, *command: str, is_checked: bool = True) -> str:
        """A command in it, to its end; what it says."""
        done = subprocess.run([*self.prefix, *command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 or not is_checked, done
        return done.stdout


@contextmanager
def corner(kind: str, script: str, *operands: str | Path) -> Iterator[Corner]:
    """Namespaces of `kind` in which `script` (sh) has been run; skips the test where the kernel has none."""
    flags = "".join(("U" if os.geteuid() else "", kind))
    unshare = ["unshare", f"-{flags}", *(["--map-root-user"] if os.geteuid() else [])]
    command = [*unshare, "sh", "-ec", f"{script}\necho there; exec sleep infinity", "sh", *map(str, operands)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stderr is not None
        try:
            if holder.stdout.readline() != "there\n":
                pytest.skip(f"not run: {holder.stderr.read().strip()}")
            enter = [f"-{flag}" for flag in flags]
            user = ["--preserve-credentials"] if os.geteuid() else []
            yield Corner(prefix=("nsenter", "-t", str(holder.pid), *enter, *user, "--"), holder=holder.pid)
        finally:
            holder.kill()


def in_corner(place: Corner, folder: Path, source: str, *arguments: object) -> str:
    """Python source run in it, as a program of the tests' own."""
    script = folder / "script.py"
    script.write_text(source)
    return place.run(*_python(), str(script), *map(str, arguments))


def _python() -> Sequence[str]:
    root = Path(__file__).parent.parent.parent

    return ("env", f"PYTHONPATH={root}", "PYTHONDONTWRITEBYTECODE=1", sys.executable)
