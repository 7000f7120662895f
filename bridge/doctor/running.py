"""Runs the checks one after the other; whatever one of them does, the others follow."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.finding import Finding
from bridge.doctor.checks import (
    browsers,
    card,
    clock,
    configuration,
    drivers,
    folders,
    program,
    protection,
    readers,
    screen,
)
from bridge.doctor.place import Check, Place

_log = logging.getLogger(__name__)

_SHORT_S, _LONG_S = 15.0, 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check under its id, and how long it may take."""

    id: str
    check: Check
    limit_s: float = _SHORT_S


STEPS = (
    Step(id="program", check=program.version),
    Step(id="config", check=configuration.file),
    Step(id="daemon", check=program.daemon),
    Step(id="ports", check=program.ports),
    Step(id="owner", check=program.socket_owner),
    Step(id="autostart", check=program.autostart),
    Step(id="pcsc", check=readers.service),
    Step(id="readers", check=readers.readers),
    Step(id="sharing", check=readers.sharing),
    Step(id="driver", check=drivers.drivers, limit_s=_LONG_S),
    Step(id="certificate", check=card.certificates),
    Step(id="clock", check=clock.clock),
    Step(id="sites", check=configuration.sites),
    Step(id="browser", check=browsers.browsers),
    Step(id="folders", check=folders.permissions),
    Step(id="protection", check=protection.protection),
    Step(id="disk", check=folders.disk),
    Step(id="audit", check=folders.audit_log),
    Step(id="display", check=screen.display),
    Step(id="tray", check=screen.tray),
    Step(id="fonts", check=screen.fonts),
)
"""In the order of the report."""


def findings(place: Place, steps: tuple[Step, ...] = STEPS) -> Iterator[Finding]:
    """All findings, each as soon as its check has ended."""
    for step in steps:
        yield from _found(step, place)


def _found(step: Step, place: Place) -> list[Finding]:
    """In a thread that is left behind where it does not end in time: a library's call cannot be ended."""
    answer: queue.Queue[list[Finding]] = queue.Queue()
    thread = threading.Thread(
        target=lambda: answer.put(_surely(step, place)), name=f"doctor-{step.id}", daemon=True
    )
    thread.start()
    try:
        return answer.get(timeout=step.limit_s)
    except queue.Empty:
        seconds = f"{step.limit_s:g}"
        return [Finding(id=step.id, code="no_answer", state="failure", values={"seconds": seconds})]


def _surely(step: Step, place: Place) -> list[Finding]:
    try:
        return list(step.check(place))
    except Exception as error:
        _log.debug("the check %s failed", step.id, exc_info=True)
        said = f"{type(error).__name__}: {error}"
        return [Finding(id=step.id, code="check_failed", state="failure", detail=said)]
