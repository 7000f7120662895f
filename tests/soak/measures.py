"""What the daemon holds when it is at rest, and the straight line through the samples."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from bridge.children import CHILDREN
from tests.bench.processes import pss_mib
from tests.card.lab.daemon import whole_family

TRAY_BOOT = "ui/tray/boot.py"
OWN_MODULES = (*CHILDREN.values(), TRAY_BOOT)
MEMORY_KIB_PER_1000 = 256.0
"""The bound of the slope of the daemon's own memory (Pss_Anon), less twice its standard error."""
MOST_THREADS = 4 + min(32, (os.cpu_count() or 1) + 4)
"""The event loop's, PC/SC's, the audit log's and the tray's; and those of asyncio's pool
(`ThreadPoolExecutor`: as many, started when they are first needed, kept then)."""
WARM_UP = 0.25
"""The part of the samples that is not judged: caches fill, modules are loaded, and garbage in cycles waits
until it is a quarter of what lives (gc, the oldest generation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """At rest: nobody is connected, nothing is asked for. Memory in KiB; `operations` so far."""

    operations: int
    files: int
    threads: int
    children: int
    pss_kib: float
    own_kib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Least squares; `error` is the slope's standard error."""

    slope: float
    error: float


def fitted(points: Sequence[tuple[float, float]]) -> Line:
    """The line through at least three points with different x."""
    count = len(points)
    middle_x, middle_y = (sum(values) / count for values in zip(*points, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
    rest = sum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in points)
    return Line(slope=slope, error=sqrt(rest / (count - 2) / spread))


def judged(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Those after the warm-up."""
    return samples[int(len(samples) * WARM_UP) :]


def slope(samples: Sequence[Sample], name: str) -> Line:
    """Of one member of the samples after the warm-up, for each 1,000 operations."""
    return fitted([(sample.operations / 1000, getattr(sample, name)) for sample in judged(samples)])


def faults_of(samples: Sequence[Sample]) -> list[str]:
    """What is not flat after the warm-up."""
    faults = []
    for name in ("files", "children"):
        found = sorted({getattr(sample, name) for sample in judged(samples)})
        if len(found) > 1:
            faults.append(f"{name} at rest are not always as many: {found}")
    most = max(sample.threads for sample in samples)
    if most > MOST_THREADS:
        faults.append(f"threads at rest: {most}, {MOST_THREADS} at most")
    line = slope(samples, "own_kib")
    if line.slope - 2 * line.error > MEMORY_KIB_PER_1000:
        faults.append(f"memory grows by {line.slope:.0f} ± {line.error:.0f} KiB per 1,000 operations")
    return faults


def sampled(pid: int, operations: int) -> Sample:
    """The daemon as it is now."""
    return Sample(
        operations=operations,
        files=len(os.listdir(f"/proc/{pid}/fd")),
        threads=len(os.listdir(f"/proc/{pid}/task")),
        children=len(whole_family(pid)) - 1,
        pss_kib=pss_mib(pid) * 1024,
        own_kib=pss_mib(pid, "Pss_Anon") * 1024,
    )


def kind_of(pid: int) -> str | None:
    """Which of our own modules the process runs."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it has just ended
        return None
    module = next((module for module in OWN_MODULES if module in command), None)
    names = {module: name for name, module in CHILDREN.items()} | {TRAY_BOOT: "tray"}
    return None if module is None else names[module]


def strays(daemon: int | None) -> dict[int, str]:
    """Children of cardbridge in this run's process group that are not of the living daemon's family."""
    family = set() if daemon is None else set(whole_family(daemon))
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        pid = int(place.name)
        try:
            group, kind = os.getpgid(pid), kind_of(pid)
        except ProcessLookupError:
            continue
        if group == os.getpgrp() and kind is not None and pid not in family:
            found[pid] = kind
    return found
