"""The C modules of the laboratory: compiled when first needed, and told what to do wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.card.lab.laboratory import OPENSC
from tests.card.stack import Stack

NAME = "見本ドライバ"
"""What the faulty driver is called in the configuration."""
IMPATIENT = ("bridge.pkcs11.client:DRIVER_TIMEOUT_S=12", "bridge.pkcs11.tokens:_GRACE_S=5")
"""For `launch`: a driver's time limit, and how long others wait for one that hangs."""

_HERE = Path(__file__).parent


def compile_module(source: str, target: Path) -> Path:
    """`source` of this folder as a shared library."""
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared"]
    subprocess.run([*command, str(_HERE / source), "-o", str(target), "-ldl"], check=True)
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyModule:
    """A driver that forwards to OpenSC's, but for its orders; see faulty.c."""

    path: Path

    @classmethod
    def make(cls, folder: Path, name: str = "faulty.so") -> FaultyModule:
        module = cls(path=compile_module("faulty.c", folder / name))
        module.behave()
        return module

    def misbehave(self, *orders: str) -> None:
        """From the next call on, in workers that run already too."""
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text("\n".join([f"module {OPENSC}", *orders]) + "\n")
        beside.replace(self.path.with_name(self.path.name + ".orders"))

    def behave(self) -> None:
        """No fault any more."""
        self.misbehave()

    def press(self, *numbers: str) -> None:
        """The hand on the reader's keypad: each number and its Enter key; an empty one is the cancel key.

        Blocks until the reader asks.
        """
        with self.keypad.open("w") as keys:
            keys.writelines(f"{number}\n" for number in numbers)

    @property
    def keypad(self) -> Path:
        path = self.path.with_name(self.path.name + ".keypad")
        if not path.exists():
            os.mkfifo(path)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentReader:
    """Stands between pcscd and vpcd, and can make the reader silent; see silent_reader.c."""

    path: Path

    @classmethod
    def install(cls, stack: Stack) -> SilentReader:
        """In place of the first reader's driver; pcscd is started anew for it."""
        stack.pcscd.stop()
        path = stack.folder / "libifdvpcd0.so"
        shutil.move(path, stack.folder / "libifdvpcd0.so.vpcd")
        reader = cls(path=compile_module("silent_reader.c", path))
        stack.pcscd.start()
        return reader

    def fall_silent(self) -> None:
        self._flag.touch()

    def speak(self) -> None:
        self._flag.unlink(missing_ok=True)

    @property
    def _flag(self) -> Path:
        return self.path.with_name(self.path.name + ".silent")
