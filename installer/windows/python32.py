"""Puts a 32-bit Python into the frozen program's folder, for drivers that are for 32 bits only.

`python installer/windows/python32.py FOLDER [ZIP]`: FOLDER is that of cardbridge.exe, ZIP a copy of
python.org's embeddable package that is there already. The MSI then holds it like every other file
(`bridge.paths.python32` looks for it there). Only this one file, known by its hash, is ever taken; of it
only what a worker needs.

Never fetched here: the hash was found in a public build recipe. Who makes the first release compares it with
python.org's own Sigstore signature of the file (installer/RELEASING.md).
"""

from __future__ import annotations

import hashlib
import io
import sys
import urllib.request
import zipfile
from pathlib import Path

VERSION = "3.12.10"
"""The last release of 3.12 that python.org has Windows files of."""

URL = f"https://www.python.org/ftp/python/{VERSION}/python-{VERSION}-embed-win32.zip"
SHA256 = "084b9eb24cb848605c895d05b738fbc2572efc8b4c18c415a824065864a2b853"
LARGEST = 32 * 1024 * 1024

NEEDED = ("python.exe", "python312.dll", "python312.zip", "python312._pth", "vcruntime140.dll", "LICENSE.txt")
EXTENSIONS = ("_ctypes.pyd", "_socket.pyd", "_multiprocessing.pyd", "select.pyd", "_hashlib.pyd")
LIBRARIES = ("libffi-8.dll", "libcrypto-3.dll")


def unpack(content: bytes, folder: Path, *, sha256: str = SHA256) -> Path:
    """Write what a worker needs of the embeddable package `content`.

    Returns:
        The interpreter.

    Raises:
        ValueError: it is another file than the one that is known, or lacks something.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"not the file that is known: SHA-256 {hashlib.sha256(content).hexdigest()}")
    place = folder / "python32"
    place.mkdir()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        missing = {*NEEDED, *EXTENSIONS, *LIBRARIES} - set(archive.namelist())
        if missing:
            raise ValueError(f"not in it: {', '.join(sorted(missing))}")
        for name in (*NEEDED, *EXTENSIONS, *LIBRARIES):
            (place / name).write_bytes(archive.read(name))
    return place / "python.exe"


def fetch() -> bytes:
    """python.org's file. Raises: OSError."""
    with urllib.request.urlopen(URL, timeout=60) as answer:  # noqa: S310 - a fixed https address
        return bytes(answer.read(LARGEST))


def main(argv: list[str]) -> int:
    content = Path(argv[1]).read_bytes() if len(argv) > 1 else fetch()
    sys.stdout.write(f"{unpack(content, Path(argv[0]))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
