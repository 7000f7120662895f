"""Makes the package: `python installer/windows/build.py --program FOLDER --out cardbridge-VERSION-x64.msi`.

FOLDER is the frozen program, made on Windows (or under wine) by `installer/bundle/build.py`. Needs
msitools (wixl, msibuild, msiinfo), and Pillow for the icon. It is not signed:
`sign.sh` does that, last of all.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from msi import source, tables

ROOT = Path(__file__).resolve().parents[2]
ICONS = ROOT / "bridge" / "ui" / "tray" / "icons"
_VERSION = re.compile(r'^__version__ = "(?P<version>\d+\.\d+\.\d+)"', re.MULTILINE)
_UTF_8 = 65001
_AT_A_TIME = 40


def version() -> str:
    """Of the program in this checkout. Raises: ValueError."""
    found = _VERSION.search((ROOT / "bridge" / "__init__.py").read_text("utf-8"))
    if found is None:
        raise ValueError("bridge/__init__.py has no version of three numbers")
    return found["version"]


def build(program: Path, out: Path, release: str) -> None:
    """Raises: subprocess.CalledProcessError (the tool has said why), ValueError, OSError."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        icon = _icon(work / "program.ico")
        content = source.Content(program=program.resolve(), version=release, icon=icon, below=work)
        wxs = work / "cardbridge.wxs"
        wxs.write_text(source.source(content), encoding="ascii")
        unfinished = work / "unfinished.msi"
        _run("wixl", "--arch", "x64", "-o", unfinished.name, wxs.name, folder=work)
        _finish(unfinished, work, release)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(unfinished.read_bytes())


def _icon(path: Path) -> Path:
    from PIL import Image

    with Image.open(ICONS / "ready.png") as picture:
        picture.save(path, sizes=[(16, 16), (24, 24), (32, 32), (48, 48), (64, 64)])
    return path


def _finish(package: Path, work: Path, release: str) -> None:
    """The code page comes first: until then, wixl's package cannot hold Japanese."""
    codepage = work / "_ForceCodepage.idt"
    codepage.write_text(f"\n\n{_UTF_8}\t_ForceCodepage\n", encoding="ascii", newline="\r\n")
    _run("msibuild", str(package), "-i", str(codepage))
    _run("msibuild", str(package), "-s", source.TITLE, source.MANUFACTURER, "x64;1041", f"{{{uuid.uuid4()}}}")
    existing = set(_run("msiinfo", "tables", str(package)).split())
    statements = list(tables.statements(existing, release))
    found = _property(package, "SecureCustomProperties")
    secure = tables.secure_properties(found)
    last = (
        f"UPDATE `Property` SET `Value` = '{secure}' WHERE `Property` = 'SecureCustomProperties'"
        if found
        else f"INSERT INTO `Property` (`Property`, `Value`) VALUES ('SecureCustomProperties', '{secure}')"
    )
    for statement in (*statements, last):
        _run("msibuild", str(package), "-q", statement)


def _property(package: Path, name: str) -> str:
    rows = _run("msiinfo", "export", str(package), "Property").splitlines()
    return next((row.partition("\t")[2].strip() for row in rows if row.startswith(f"{name}\t")), "")


def _run(*command: str, folder: Path | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(  # noqa: S603 - msitools
        command, check=True, stdout=subprocess.PIPE, env=environment, cwd=folder
    )
    return done.stdout.decode("utf-8", "replace")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, required=True, help="the frozen program's folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--release", default=version(), help="another version, for tests")
    options = parser.parse_args()
    build(options.program, options.out, options.release)
    sys.stdout.write(f"{options.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
