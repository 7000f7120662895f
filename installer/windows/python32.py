"""Puts a 32-bit Python into the frozen program's folder, for drivers that are for 32 bits only.

`python installer/windows/python32.py FOLDER [ZIP]`: FOLDER is that of cardbridge.exe, ZIP a copy of
python.org's embeddable package that is there already. The MSI then holds it like every other file
(`bridge.paths.python32` looks for it there). Only this one file, known by its hash, is ever taken; of it
only what a worker needs. It is added to the folder's bill of materials and to its THIRD-PARTY.txt.

Never fetched here: the hash was found in a public build recipe. Who makes the first release compares it with
python.org's own Sigstore signature of the file (installer/RELEASING.md).
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

VERSION = "3.12.10"
"""The last release of 3.12 that python.org has Windows files of."""

URL = f"https://www.python.org/ftp/python/{VERSION}/python-{VERSION}-embed-win32.zip"
SHA256 = "084b9eb24cb848605c895d05b738fbc2572efc8b4c18c415a824065864a2b853"
LARGEST = 32 * 1024 * 1024

NEEDED = ("python.exe", "python312.dll", "python312.zip", "python312._pth", "vcruntime140.dll", "LICENSE.txt")
EXTENSIONS = ("_ctypes.pyd", "_socket.pyd", "_multiprocessing.pyd", "select.pyd", "_hashlib.pyd")
LIBRARIES = ("libffi-8.dll", "libcrypto-3.dll")

_LICENCE = "PSF-2.0"
_RULE = "=" * 100


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


def record(folder: Path, *, sha256: str = SHA256) -> None:
    """Add what `unpack` has written to `sbom.cdx.json` (CycloneDX 1.6) and `THIRD-PARTY.txt` of the folder.

    Raises:
        OSError: one of them is not there.
        ValueError: the bill is none, or has it already.
    """
    bill = folder / "sbom.cdx.json"
    document = json.loads(bill.read_text("utf-8"))
    component = _component(folder / "python32", sha256)
    program = document["metadata"]["component"]["bom-ref"]
    of_program = [each for each in document["dependencies"] if each["ref"] == program]
    if len(of_program) != 1 or component["bom-ref"] in of_program[0].setdefault("dependsOn", []):
        raise ValueError(f"{bill}: no bill of materials that lacks {component['bom-ref']}")
    of_program[0]["dependsOn"].append(component["bom-ref"])
    document["dependencies"].append({"ref": component["bom-ref"]})
    document["components"].append(component)
    notices = folder / "THIRD-PARTY.txt"
    title = (
        f"{notices.read_text('utf-8')}\n{_RULE}\nPython {VERSION}, 32-bit (python32)\n{_LICENCE}\n{_RULE}\n\n"
    )
    text = (folder / "python32/LICENSE.txt").read_text("utf-8", "replace").strip()
    notices.write_text(f"{title}{text}\n", "utf-8", newline="\n")
    bill.write_text(f"{json.dumps(document, indent=1)}\n", "utf-8", newline="\n")


def _component(place: Path, sha256: str) -> dict[str, Any]:
    files = [
        {
            "type": "file",
            "bom-ref": f"file:python32/{file.name}",
            "name": f"python32/{file.name}",
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(file.read_bytes()).hexdigest()}],
        }
        for file in sorted(place.iterdir())
    ]
    return {
        "type": "platform",
        "bom-ref": f"cpython-win32@{VERSION}",
        "name": "cpython",
        "version": VERSION,
        "description": "the embeddable package for 32 bits, with its OpenSSL, libffi and C runtime",
        "licenses": [{"license": {"id": _LICENCE}}],
        "purl": f"pkg:generic/cpython@{VERSION}?arch=win32",
        "externalReferences": [
            {"type": "distribution", "url": URL, "hashes": [{"alg": "SHA-256", "content": sha256}]}
        ],
        "components": files,
    }


def fetch() -> bytes:
    """python.org's file. Raises: OSError."""
    with urllib.request.urlopen(URL, timeout=60) as answer:  # noqa: S310 - a fixed https address
        return bytes(answer.read(LARGEST))


def main(argv: list[str]) -> int:
    content = Path(argv[1]).read_bytes() if len(argv) > 1 else fetch()
    folder = Path(argv[0])
    sys.stdout.write(f"{unpack(content, folder)}\n")
    record(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
