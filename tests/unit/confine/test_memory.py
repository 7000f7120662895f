"""Memory that no other program of the same user reads, no core dump has, and no swap space gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534

PEEK = f"""
import ctypes, os, sys
from bridge import confine
ours, theirs = os.pipe(); back, forth = os.pipe()
keeper = os.fork()
if keeper == 0:
    os.setuid({NOBODY})
    ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE, as after an exec
    os.write(theirs, b"."); os.read(back, 1)
    confine.keep_memory_private()
    os.write(theirs, b"."); os.read(back, 1)
    os._exit(0)
os.setuid({NOBODY})
def look():
    try:
        open(f"/proc/{{keeper}}/mem", "rb").close()
        return "seen"
    except PermissionError:
        return "refused"
os.read(ours, 1); before = look(); os.write(forth, b".")
os.read(ours, 1); print(before, look()); os.write(forth, b".")
"""

LOCK = f"""
import json, os, resource, sys
from bridge import confine
most = int(sys.argv[1])
if most >= 0:
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (most, most))
    os.setuid({NOBODY})
said = confine.keep_out_of_swap()
kept = bytearray(200_000_000) if said == "all" else b""  # more would be refused if there were a limit
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([said, int(status["VmLck"].split()[0])]))
"""

ABORTS = "import os, sys; from bridge import confine; {}; os.chdir(sys.argv[1]); os.abort()"


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_program_of_the_same_user_cannot_look_in() -> None:
    assert run(PEEK) == "seen refused"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lower its limit for another user")
@pytest.mark.parametrize(
    ("most", "said", "least_kb"), [(-1, "all", 200_000), (8 * 1024**2, "part", 500), (0, "none", 0)]
)
def test_as_much_is_locked_as_may_be(most: int, said: str, least_kb: int) -> None:
    told, locked_kb = json.loads(run(LOCK, str(most)))
    assert told == said and locked_kb >= least_kb


def test_no_core_dump(tmp_path: Path) -> None:
    """Looked at by the kernel's own account (WCOREDUMP), whatever core_pattern says."""
    dumped = []
    acts = ("import resource; resource.setrlimit(4, (-1, -1))", "confine.keep_memory_private()")
    for number, act in enumerate(acts):
        folder = tmp_path / str(number)
        folder.mkdir()
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", ABORTS.format(act), str(folder)],
            {"PYTHONPATH": str(ROOT)},
        )
        dumped.append(os.WCOREDUMP(os.waitpid(pid, 0)[1]))
    assert dumped == [True, False]
