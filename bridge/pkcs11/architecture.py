"""Which interpreter a module needs, found from its file's header before anything loads it.

Many vendors' modules are for 32 bits only. A process of 64 bits cannot load them, so their worker runs
under a 32-bit Python of its own (`bridge.paths.python32`), which needs nothing but its standard library.
"""

from __future__ import annotations

import platform
import struct
import sys
from pathlib import Path

from bridge import paths
from bridge.core import errors, library
from bridge.core.settings import DriverSettings

BITS = 8 * struct.calcsize("P")
"""Of a worker of our own, which is this interpreter again."""

SOURCES = (
    "__init__.py",
    "children.py",
    "confine/__init__.py",
    "confine/kernel.py",
    "confine/landlock.py",
    "confine/memory.py",
    "confine/seccomp.py",
    "confine/syscalls.py",
    "core/__init__.py",
    "core/algorithms.py",
    "core/errors.py",
    "core/pinentry.py",
    "core/plainjson.py",
    "core/record.py",
    "core/token.py",
    "pkcs11/__init__.py",
    "pkcs11/boot32.py",
    "pkcs11/calls.py",
    "pkcs11/cryptoki.py",
    "pkcs11/functions.py",
    "pkcs11/opensc.py",
    "pkcs11/places.py",
    "pkcs11/session.py",
    "pkcs11/wire.py",
    "pkcs11/worker.py",
)
"""All files of `bridge` that such a worker imports; packages ship them as files, in `worker32/bridge`."""


def interpreter(driver: DriverSettings) -> list[str] | None:
    """The command that the worker of this module starts with; None: our own.

    A file that is no library at all is left to the loader, which says so itself.

    Raises:
        errors.DriverNotFound: there is no such file.
        errors.Worker32Missing: it needs a 32-bit Python, and there is none.
        errors.DriverOfAnotherKind: no interpreter on this computer could load it.
    """
    try:
        with Path(driver.path).open("rb") as file:
            found = library.read(file.read(library.HEAD_BYTES))
    except FileNotFoundError:
        raise errors.DriverNotFound(driver=driver.name) from None
    except OSError:
        if not Path(driver.path).is_file():
            raise errors.DriverNotFound(driver=driver.name) from None
        return None
    if found is None or fits(found):
        return None
    if not needs_32_bits(found):
        kind = f"{found.format}, {found.bits} bits, {'/'.join(found.machines)}"
        raise errors.DriverOfAnotherKind(
            f"The module is for another kind of computer: {kind}", driver=driver.name
        )
    python = paths.python32()
    if python is None:
        raise errors.Worker32Missing(driver=driver.name)
    return [str(python), "-I", "-S", "-B", str(_boot())]


def fits(found: library.Library) -> bool:
    """Whether our own interpreter can load it."""
    return found.fits(sys.platform, BITS, platform.machine())


def needs_32_bits(found: library.Library) -> bool:
    """Whether a 32-bit interpreter on this computer could load it."""
    return BITS == 64 and found.fits(sys.platform, 32, platform.machine())


def _boot() -> Path:
    frozen = getattr(sys, "_MEIPASS", None)
    return (
        Path(frozen, "worker32/bridge/pkcs11/boot32.py") if frozen else Path(__file__).with_name("boot32.py")
    )
