"""A PostgreSQL server of the test's own: a cluster in a folder, reached over a Unix socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_USER = "postgres"
_BINARIES = "/usr/lib/postgresql"
# Nothing of it has to survive the test.
_FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


def _program(name: str) -> Path:
    found = sorted(Path(_BINARIES).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError(f"{name}: PostgreSQL is not installed (installer/bootstrap.sh --long)")
    return found[-1]


def _run(command: Sequence[str | Path]) -> None:
    """PostgreSQL refuses to run as root; Debian's package has a user for it."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        words = ["runuser", "-u", _USER, "--", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


@contextmanager
def server() -> Iterator[Path]:
    """The folder of the socket of a running server, whose superuser is `postgres`."""
    # Not pytest's folder: a Unix socket's path has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="cardbridge-pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, _USER, pwd.getpwnam(_USER).pw_gid)
        cluster = folder / "cluster"
        make: list[str | Path] = [
            _program("initdb"),
            "-D",
            cluster,
            "-U",
            _USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        _run(make)
        options = " ".join(["-k", str(folder), "-c", "listen_addresses=''", *_FAST])
        control: list[str | Path] = [_program("pg_ctl"), "-D", cluster, "-w", "-l", folder / "log"]
        _run([*control, "-o", options, "start"])
        try:
            yield folder
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def new_database(socket: Path, name: str) -> str:
    """Make an empty database; its SQLAlchemy address."""
    subprocess.run([_program("createdb"), "-h", socket, "-U", _USER, name], check=True, capture_output=True)
    return f"postgresql+asyncpg://{_USER}@/{name}?host={socket}"
