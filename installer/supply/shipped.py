"""What is in a frozen folder, and whose it is, read from PyInstaller's own account of the build.

The account (`COLLECT-00.toc`, `PYZ-00.toc`) names the source of every file. A source belongs to a Python
distribution (its RECORD says so), to Python itself, to this program, or to the system that it was built on.
"""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

PROGRAM = "cardbridge"
FREEZER = "pyinstaller"
"""Its boot loader is in every program that it freezes."""
_FREEZERS = {FREEZER, "pyinstaller-hooks-contrib"}


@dataclass(frozen=True)
class Library:
    """A shared library of the system that the program was built on.

    Attributes:
        file: its place in the folder.
        sha256: of what is in the folder, hexadecimal.
        package: the Debian package that it came from; empty elsewhere.
        version: of that package.
    """

    file: str
    sha256: str
    package: str = ""
    version: str = ""


@dataclass
class Shipped:
    """Everything in the folder that is not the program's own.

    Attributes:
        distributions: of Python, by their normalised names.
        libraries: of the system.
        unknown: sources that belong to nobody; a build with any of them is refused.
    """

    distributions: dict[str, metadata.Distribution] = field(default_factory=dict)
    libraries: list[Library] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def shipped(work: Path, folder: Path, root: Path) -> Shipped:
    """Whose the files of a build are. Runs under the Python that made the build.

    Args:
        work: PyInstaller's work folder, with its accounts.
        folder: the frozen program.
        root: this checkout.

    Raises:
        OSError: an account or a file is not there.
    """
    found, owners, seen = Shipped(), _owners(), set()
    python = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    if sys.platform == "win32":  # Python's own folder has its libraries (OpenSSL, Tcl/Tk) in it as well
        python.append(Path(sys.base_prefix).resolve())
    for place, source, kind in _account(work):
        path = Path(source).resolve()
        if not source or path in seen or path.is_relative_to(work.resolve()):
            continue
        seen.add(path)
        if owner := owners.get(path):
            found.distributions[normalised(owner.metadata["Name"])] = owner
        elif path.is_relative_to(root.resolve()) and "site-packages" not in path.parts:
            continue
        elif kind in {"BINARY", "EXTENSION"} and not any(path.is_relative_to(each) for each in python):
            if copy := next(folder.rglob(Path(place).name), None):  # a package may have left it out again
                digest = hashlib.sha256(copy.read_bytes()).hexdigest()
                found.libraries.append(Library(place, digest, *_debian_package(path)))
        elif "site-packages" in path.parts and path.name not in {"RECORD", "INSTALLER", "REQUESTED"}:
            found.unknown.append(source)
    found.distributions[FREEZER] = metadata.distribution(FREEZER)
    return found


def _account(work: Path) -> Iterator[tuple[str, str, str]]:
    for name in ("COLLECT-00.toc", "PYZ-00.toc"):
        entries = ast.literal_eval((work / name).read_text("utf-8"))
        yield from next(each for each in entries if isinstance(each, list))


def _owners() -> dict[Path, metadata.Distribution]:
    return {
        Path(str(distribution.locate_file(file))).resolve(): distribution
        for distribution in metadata.distributions()
        if normalised(distribution.metadata["Name"]) not in _FREEZERS
        for file in distribution.files or ()
    }


def _debian_package(source: Path) -> tuple[str, str]:
    for path in (str(source), str(source).removeprefix("/usr")):  # before and after the merge of /usr
        name = _said("dpkg-query", "--search", path).partition(":")[0]
        if name:
            return name, _said("dpkg-query", "--show", "--showformat", "${Version}\n", name).splitlines()[0]
    return "", ""


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
