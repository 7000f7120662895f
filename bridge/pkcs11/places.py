"""Where a module keeps what is its own: the folders that stay writable to a worker (`bridge.confine.module`).

Beside them every module has the system's folders for such things (/tmp, /var, /dev/shm). A driver that keeps
files elsewhere in the home folder goes on without them, or fails: `confined = false` in its table lets it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bridge.pkcs11 import opensc

_SOFTHSM_MACHINE_WIDE = (Path("/etc/softhsm/softhsm2.conf"), Path("/etc/softhsm2.conf"))
_TOKEN_FOLDER = re.compile(r"^[ \t]*directories\.tokendir[ \t]*=[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_CACHES = re.compile(r"\buse_file_caching\s*=\s*\"?(true|yes|public)\b")
_CACHE_FOLDER = re.compile(r"\bfile_cache_dir\s*=\s*\"?([^\";\n]+)")


def writable() -> Iterator[Path]:
    """Those of this user; OpenSC's cache is made where its configuration wants one."""
    home = Path(os.environ.get("HOME") or os.sep)
    yield Path(tempfile.gettempdir())
    yield home / ".pki" / "nssdb"
    yield from _softhsm(home)
    yield from _opensc(home)


def _softhsm(home: Path) -> Iterator[Path]:
    """softhsm2.conf(5): the variable, the user's file, the machine's."""
    named = os.environ.get("SOFTHSM2_CONF")
    own = home / ".config" / "softhsm2" / "softhsm2.conf"
    for file in [Path(named)] if named else [own, *_SOFTHSM_MACHINE_WIDE]:
        text = _text(file)
        if text is not None:
            yield from map(Path, _TOKEN_FOLDER.findall(text))
            return


def _opensc(home: Path) -> Iterator[Path]:
    """opensc.conf(5), use_file_caching and file_cache_dir."""
    text = opensc.without_comments(opensc.text_of(os.environ.get(opensc.VARIABLE)))
    if _CACHES.search(text) is None:
        return
    named = _CACHE_FOLDER.search(text)
    base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    folder = Path(named[1].strip()) if named else base / "opensc"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return
    yield folder


def _text(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return None
