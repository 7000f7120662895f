"""The drivers (PKCS#11 modules): the file, the architecture, and loading it, in a worker and never here."""

from __future__ import annotations

import os
import platform
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bridge import ownership, paths
from bridge.config import ConfigurationError
from bridge.core import library
from bridge.core.errors import BridgeError, DriverTimeout
from bridge.core.finding import Finding
from bridge.core.settings import DriverSettings
from bridge.doctor.place import Place
from bridge.pkcs11 import architecture
from bridge.pkcs11.earlyworker import is_waiting
from bridge.pkcs11.known import found_here
from bridge.pkcs11.probe import inspect

_LOAD_S = 20.0
_WORKERS = (b"bridge.pkcs11.worker", b"boot32.py")


def drivers(place: Place) -> Iterable[Finding]:
    """All configured drivers; each is loaded unless a card is being used at this moment."""
    try:
        configured = place.layers().settings.driver
    except ConfigurationError:
        yield Finding(id="driver.file", code="config_first", state="skipped")
        return
    if not configured:
        offered = ", ".join(found_here())
        code = "driver_none_offered" if offered else "driver_none"
        yield Finding(id="driver.file", code=code, state="failure", values={"offered": offered})
    is_busy = _is_busy(place.daemon())
    for driver in configured:
        found = list(_file(driver, place))
        yield from found
        if any(each.state == "failure" for each in found):
            continue
        if is_busy:
            yield _finding("driver.load", "driver_busy", "skipped", driver)
        else:
            yield _load(driver, place)


def _file(driver: DriverSettings, place: Place) -> Iterator[Finding]:
    path = Path(driver.path)
    try:
        status = path.stat()
        with path.open("rb") as file:
            head = file.read(library.HEAD_BYTES)
    except FileNotFoundError:
        yield _finding("driver.file", "driver_missing", "failure", driver, repair=_removal(driver, place))
        return
    except OSError as error:
        yield _finding("driver.file", "driver_unreadable", "failure", driver, detail=str(error))
        return
    found = library.read(head) if stat.S_ISREG(status.st_mode) else None
    if found is None:
        yield _finding("driver.file", "driver_no_library", "failure", driver)
    elif not architecture.fits(found) and not (architecture.needs_32_bits(found) and paths.python32()):
        detail = f"{found.format}, {found.bits}, {'/'.join(found.machines)}; {platform.machine()}"
        code = "driver_bits" if architecture.needs_32_bits(found) else "driver_machine"
        yield _finding("driver.arch", code, "failure", driver, detail=detail, bits=str(found.bits))
    elif (part := _changeable(path)) is not None:
        yield _finding("driver.file", "driver_writable", "failure", driver, detail=str(part))


def _removal(driver: DriverSettings, place: Place) -> str:
    """The administrator's entries are not the user's to remove."""
    return "" if place.layers().driver_source(driver.name) == "locked" else f"driver:{driver.name}"


def _changeable(path: Path) -> Path | None:
    """What another user than root and this one could change so that other code stands there."""
    try:
        ownership.check_path(path, ownership.own_users(), allows_groups=True)
    except ownership.Changeable as error:
        return error.path
    return None


def _load(driver: DriverSettings, place: Place) -> Finding:
    try:
        seen = inspect(driver, timeout_s=_LOAD_S)
    except BridgeError as error:
        place.seen.inspected[driver.name] = error
        code = "driver_hangs" if isinstance(error, DriverTimeout) else "driver_fails"
        return _finding("driver.load", code, "failure", driver, detail=f"{error.reason}: {error.detail}")
    place.seen.inspected[driver.name] = seen
    certificates = sum(len(token.certificates) for token in seen.tokens)
    detail = f"{seen.library}; tokens {len(seen.tokens)}, certificates {certificates}"
    if seen.unrecognised and not seen.tokens:
        return _finding("driver.load", "driver_strange_card", "warning", driver, detail=detail)
    return _finding("driver.load", "driver_good", "ok", driver, detail=detail, library=seen.library)


def _is_busy(daemon: int | None) -> bool:
    """Whether the daemon has a worker: a session or a signature that loading the driver could disturb."""
    if daemon is None or not sys.platform.startswith("linux"):
        return False
    try:
        for task in os.scandir(f"/proc/{daemon}/task"):
            for child in Path(task.path, "children").read_text().split():
                process = Path(f"/proc/{child}")
                command = (process / "cmdline").read_bytes()
                if any(name in command for name in _WORKERS) and not is_waiting(process):
                    return True
    except OSError:
        return False
    return False


def _finding(
    id: str,
    code: str,
    state: str,
    driver: DriverSettings,
    *,
    detail: str = "",
    repair: str = "",
    **values: str,
) -> Finding:
    known = {"name": driver.name, "path": driver.path, **values}
    return Finding(id=id, code=code, state=state, values=known, detail=detail, repair=repair)  # type: ignore[arg-type]
