"""Builds the Windows package: dist/cardbridge-VERSION-x64.msi. Needs msitools (wixl, msibuild, msiinfo).

`python -m installer.windows.msi --program FOLDER` packs a program that was frozen on Windows; without one it
is frozen under wine, for tests (`installer.windows.wine`). Nothing is signed here: that is `sign.sh`'s work.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from installer.bundle import build as bundle
from installer.windows import source, tables, wine

DIST = bundle.ROOT / "dist"
ICON = bundle.ROOT / "bridge" / "ui" / "tray" / "icons" / "ready.png"
_SIZES_PX = (16, 24, 32, 48, 64)
_UTF_8 = 65001


def build(program: Path | None = None) -> Path:
    """The package in `dist`.

    Args:
        program: the folder of the one that was frozen on Windows; None: freeze it under wine.

    Raises:
        subprocess.SubprocessError (the tool has said why), ValueError, OSError
    """
    if program is None:
        program = wine.freeze(wine.Wine(prefix=wine.BUILD / "prefix"))
    for older in DIST.glob("cardbridge-*-x64.msi"):
        older.unlink()
    return pack(program, DIST / f"cardbridge-{bundle.version()}-x64.msi", bundle.version())


def pack(program: Path, out: Path, release: str) -> Path:
    """The package of a frozen program, of the version `release`. Raises: see `build`."""
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
    return out


def _icon(path: Path) -> Path:
    from PIL import Image

    with Image.open(ICON) as picture:
        picture.save(path, sizes=[(size, size) for size in _SIZES_PX])
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
    _run("msibuild", str(package), "-q", *statements, last)  # at once: each run writes the file anew


def _property(package: Path, name: str) -> str:
    rows = _run("msiinfo", "export", str(package), "Property").splitlines()
    return next((row.partition("\t")[2].strip() for row in rows if row.startswith(f"{name}\t")), "")


def _run(*command: str, folder: Path | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, cwd=folder)
    return done.stdout.decode("utf-8", "replace")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path, help="the folder of the frozen program")
    sys.stdout.write(f"{build(parser.parse_args().program)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
