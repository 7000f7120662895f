"""Freezes the program: `python installer/bundle/build.py` makes build/bundle/dist/cardbridge, one folder.

Python packages come from two locks with hashes, `installer/requirements.lock` for the program and the one
beside this file for PyInstaller, into a virtual environment of its own, renewed when one of them changes.
Nothing else is fetched. `--in-place` uses the packages of the Python that runs this, where there are no
virtual environments. Never run on macOS.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "installer" / "bundle"
BUILD = ROOT / "build" / "bundle"
LOCKS = (ROOT / "installer" / "requirements.lock", HERE / "requirements.lock")
_VERSION = re.compile(r'^__version__ = "(?P<version>[^"]+)"', re.MULTILINE)
_RELEASED = "SOURCE_DATE_EPOCH"
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")


def version() -> str:
    """The version of the program in this checkout, which every package carries."""
    found = _VERSION.search((ROOT / "bridge" / "__init__.py").read_text("utf-8"))
    if found is None:
        raise ValueError("bridge/__init__.py has no __version__")
    return found["version"]


def build(python: Path, build_folder: Path = BUILD) -> Path:
    """Freeze with this Python, which has all packages.

    Returns:
        The folder with the program in it.

    Raises:
        subprocess.CalledProcessError: PyInstaller has said why.
    """
    # The order of sets and the time must not show in what is built.
    environment = {**os.environ, _RELEASED: os.environ.get(_RELEASED) or released(), "PYTHONHASHSEED": "0"}
    command = [
        str(python), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN",
        "--distpath", str(build_folder / "dist"), "--workpath", str(build_folder / "work"),
        str(HERE / "cardbridge.spec"),
    ]  # fmt: skip
    subprocess.run(command, check=True, env=environment, cwd=ROOT)  # noqa: S603 - our own command
    folder = build_folder / "dist" / "cardbridge"
    record(python, build_folder, folder, environment)
    return folder


def record(python: Path, build_folder: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Put the bill of materials of the folder into it, and the licences; refuses what must not be shipped.

    What this needs is not installed beside the program's packages: PyInstaller would find and freeze it.
    """
    supply = ROOT / "installer" / "supply"
    lock = supply / "requirements.lock"
    tools = build_folder / f"tools-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not tools.is_dir():
        pip = [*_PIP, "--target", str(tools), "-r", str(lock)]
        subprocess.run([str(python), *pip], check=True)  # noqa: S603 - our own command
    command = [str(python), "-m", "installer.supply.record", str(build_folder / "work" / "cardbridge")]
    subprocess.run([*command, str(folder), str(tools)], check=True, env=environment, cwd=ROOT)  # noqa: S603


def released() -> str:
    """When this source was made, in seconds since 1970: the last commit, else today's day."""
    from datetime import UTC, datetime

    found = subprocess.run(  # noqa: S603 - a fixed program
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"],  # noqa: S607
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return found.stdout.strip() or str(int(midnight.timestamp()))


def environment(folder: Path = BUILD / "venv") -> Path:
    """The Python of the build's own environment, with exactly what the locks say.

    Raises:
        subprocess.CalledProcessError: pip has said why.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / ".locked"
    whose = f"{sys.base_prefix} {sys.version}".encode()  # another Python makes another environment
    wanted = hashlib.sha256(b"".join([whose, *(lock.read_bytes() for lock in LOCKS)])).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    venv.create(folder, clear=True, with_pip=True)
    for lock in LOCKS:
        subprocess.run([str(python), *_PIP, "-r", str(lock)], check=True)  # noqa: S603 - our own command
    stamp.write_text(wanted)
    return python


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--in-place", action="store_true", help="with the packages of this Python")
    parser.add_argument("--environment", action="store_true", help="make the environment only, and say where")
    parser.add_argument("--build-folder", type=Path, default=BUILD)
    options = parser.parse_args()
    python = Path(sys.executable) if options.in_place else environment(options.build_folder / "venv")
    made = python if options.environment else build(python, options.build_folder)
    sys.stdout.write(f"{made}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
