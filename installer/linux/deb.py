"""Builds the Debian package out of the frozen program: dist/cardbridge_VERSION_ARCH.deb.

`debian/` is the package's definition (debhelper 13); what changes with the version is written here. The same
bundle and the same commit give the same file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from installer.bundle import build as bundle
from installer.linux import desktop

HERE = Path(__file__).parent
STAGE = bundle.ROOT / "build" / "deb"
DIST = bundle.ROOT / "dist"
UNIT = "usr/lib/systemd/user/cardbridge.service"
_MAINTAINER = "The cardbridge authors <maintainers@cardbridge.example>"
_OUR_OWN = re.compile(r"lib(python|tcl|tk|BLT)")
"""Of the system's libraries in the bundle these stay: the Python and the Tk that belong to our files. For the
others the package depends on Debian's own, so that Debian's corrections reach them."""
_PRE_RELEASE = re.compile(r"(?<=\d)\.?(a|b|rc|dev)(?=\d)")


def debian_version(version: str) -> str:
    """As Debian orders versions: 0.2.0rc1 comes before 0.2.0."""
    return _PRE_RELEASE.sub(r"~\1", version)


def build(program: Path) -> Path:
    """The package with the frozen `program`.

    Raises:
        subprocess.CalledProcessError: debhelper has said why.
    """
    version, released = (
        debian_version(bundle.version()),
        os.environ.get("SOURCE_DATE_EPOCH", bundle.released()),
    )
    source = STAGE / f"cardbridge-{version}"
    shutil.rmtree(STAGE, ignore_errors=True)
    _stage(source, program)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": released}
    bundle.record(Path(sys.executable), bundle.BUILD, source / "bundle", environment)
    (source / "debian" / "changelog").write_text(_changelog(version, int(released)), encoding="utf-8")
    subprocess.run(  # noqa: S603 - Debian's own tools
        ["dpkg-buildpackage", "-b", "-us", "-uc", "-tc"],  # noqa: S607
        cwd=source,
        env={**environment, "LC_ALL": "C.UTF-8"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (made,) = STAGE.glob("*.deb")
    DIST.mkdir(exist_ok=True)
    for older in DIST.glob("cardbridge_*.deb"):
        older.unlink()
    return Path(shutil.copy2(made, DIST))


def _stage(source: Path, program: Path) -> None:
    shutil.copytree(program, source / "bundle", symlinks=True)
    for library in (source / "bundle" / "_internal").glob("lib*.so*"):
        if not _OUR_OWN.match(library.name):
            library.unlink()
    shutil.copytree(HERE / "debian", source / "debian")
    (source / "debian" / "control.in").rename(source / "debian" / "control")
    files = source / "files"
    desktop.write(files / "usr/share", ["/usr/bin/cardbridge"])
    unit = files / UNIT
    unit.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "cardbridge.service", unit)
    script = files / "usr/share/cardbridge/python32.sh"
    script.parent.mkdir(parents=True)
    shutil.copy2(HERE / script.name, script)
    notes = files / "usr/share/doc/cardbridge/release-notes.md"
    notes.parent.mkdir(parents=True)
    shutil.copyfile(bundle.ROOT / "CHANGELOG.md", notes)
    overrides = files / "usr/share/lintian/overrides/cardbridge"
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "lintian-overrides", overrides)


def _changelog(version: str, released: int) -> str:
    date = format_datetime(datetime.fromtimestamp(released, UTC))
    return (
        f"cardbridge ({version}) stable; urgency=medium\n\n"
        f"  * See /usr/share/doc/cardbridge/release-notes.md.gz.\n\n"
        f" -- {_MAINTAINER}  {date}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
