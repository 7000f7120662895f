"""Builds the tarball for other distributions: dist/cardbridge-VERSION-linux-MACHINE.tar.gz, with install.sh.

The same bundle and the same commit give the same file.
"""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import sys
import tarfile
from pathlib import Path

from bridge import desktopentry
from installer.bundle import build as bundle
from installer.linux import desktop
from installer.linux.deb import DIST

HERE = Path(__file__).parent
STAGE = bundle.ROOT / "build" / "tarball"
_SCRIPTS = ("install.sh", "uninstall.sh")


def build(program: Path) -> Path:
    """The tarball with the frozen `program`. Raises: OSError."""
    name = f"cardbridge-{bundle.version()}-linux-{platform.machine()}"
    shutil.rmtree(STAGE, ignore_errors=True)
    folder = STAGE / name
    shutil.copytree(program, folder / "program", symlinks=True)
    for each in _SCRIPTS:
        shutil.copy(HERE / "tarball" / each, folder)
    desktop.write_icons(folder / "share")
    menu = desktopentry.written(desktop.menu(["@PROGRAM@"]))
    (folder / "share" / "cardbridge.desktop").write_text(menu, encoding="utf-8")
    for each in ("LICENSE", "CHANGELOG.md"):
        shutil.copy(bundle.ROOT / each, folder)
    DIST.mkdir(exist_ok=True)
    for older in DIST.glob("cardbridge-*-linux-*.tar.gz"):
        older.unlink()
    made = DIST / f"{name}.tar.gz"
    released = int(os.environ.get("SOURCE_DATE_EPOCH") or bundle.released())
    with made.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=released) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path in [folder, *sorted(folder.rglob("*"))]:
                entry = archive.gettarinfo(path, str(path.relative_to(STAGE)))
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                entry.mtime = released
                is_open = path.is_dir() or path.name in (*_SCRIPTS, "cardbridge")
                entry.mode = 0o755 if is_open else 0o644
                if entry.isreg():
                    with path.open("rb") as content:
                        archive.addfile(entry, content)
                else:
                    archive.addfile(entry)
    return made


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
