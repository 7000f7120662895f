"""What keeps drivers and documents within bounds here: put on in a child process, and tried there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Pipe
from pathlib import Path

import msgspec

from bridge import children, confine, paths
from bridge.config import ConfigurationError
from bridge.confine.trial import Tried
from bridge.core.finding import Finding
from bridge.doctor.place import Place

_PATIENCE_S = 10.0


def protection(place: Place) -> Iterable[Finding]:
    """Which bounds hold, where the PIN's memory is, and which drivers are let out."""
    if not sys.platform.startswith("linux"):
        yield Finding(id="protection", code="not_here", state="skipped")
        return
    tried = _tried()
    if tried is None:
        yield Finding(id="protection", code="protection_unknown", state="warning")
    else:
        yield from _bounds(tried)
    free = _free_drivers(place)
    if free:
        yield Finding(
            id="protection.driver",
            code="protection_driver",
            state="warning",
            values={"drivers": ", ".join(free)},
        )


def _unwritable() -> Path:
    """Where a driver must not write."""
    return paths.state_folder().parent


def _tried() -> Tried | None:
    """None where the child gives no answer."""
    ours, theirs = Pipe()
    with ours:
        with theirs:
            child = children.spawn("bounds", [theirs], [str(_unwritable())])
        try:
            if ours.poll(_PATIENCE_S):
                return msgspec.json.decode(ours.recv_bytes(), type=Tried)
        except (EOFError, OSError, msgspec.DecodeError):
            return None
        finally:
            _end(child)
    return None


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def _bounds(tried: Tried) -> Iterator[Finding]:
    detail = "; ".join(f"{name} {getattr(tried, name)}" for name in tried.__struct_fields__)
    folder = _unwritable()
    is_open = any(folder.is_relative_to(each) for each in confine.SCRATCH)  # a guest's home may be in /tmp
    wanted = {
        "no_new_privs": tried.privileges,
        "seccomp": tried.calls and tried.is_network_refused,
        "Landlock": bool(tried.files) and (tried.is_writing_refused or is_open) and tried.is_program_refused,
        "no core dumps": tried.dumps,
    }
    missing = ", ".join(name for name, is_on in wanted.items() if not is_on)
    if missing:
        values = {"missing": missing}
        yield Finding(id="protection", code="protection_part", state="warning", values=values, detail=detail)
    else:
        yield Finding(id="protection", code="protection_full", state="ok", detail=detail)
    yield Finding(id="protection.memory", code=f"memory_{tried.memory}", state="ok")


def _free_drivers(place: Place) -> list[str]:
    try:
        return [driver.name for driver in place.layers().settings.driver if not driver.confined]
    except ConfigurationError:
        return []
