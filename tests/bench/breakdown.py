"""Where the time of one `auth.getToken` within a session goes, from the client's frame to its answer.

The client, the daemon and the worker read the same clock. The daemon is started with functions that note
their times (`instrumented`), and drives a module that notes when it is called (timing.c); the worker is as
it is always.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cardbridge_demo.stack import PROGRAM_VARIABLE
from tests.bench.figures import Figures, digits
from tests.bench.place import Place, Tokens

CALLS = 300
_HERE = Path(__file__).parent
TOTAL = "one signature, from the client's frame to the client's frame"
STAGES = (
    "the client's frame, through the kernel, to the daemon's socket",
    "the frame and its JSON decoded",
    "parameters, the lane, the session, the notification `signing`",
    "to the worker: its pipe, decoding, the call of the module",
    "C_SignInit and C_Sign in the module",
    "back from the worker",
    "the signature verified with the certificate",
    "the audit record, the result, its JSON",
    "the frame written, through the kernel, to the client",
)
HEAD = ("| from the client's frame to its answer | µs, median | middle half | share |", "|---|---|---|---|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Of one request, in nanoseconds of one clock; a stage lies between neighbours."""

    sent: int
    received: int
    decoded: int
    asked: int
    called: int
    made: int
    back: int
    verified: int
    encoded: int
    answered: int

    def stages_us(self) -> list[float]:
        """As many as `STAGES`."""
        times = [getattr(self, name) for name in Moments.__dataclass_fields__]
        return [(after - before) / 1000 for before, after in zip(times, times[1:], strict=False)]


async def breakdown(place: Place) -> list[Figures]:
    """Microseconds of each stage, and in all."""
    folder = place.new_folder("breakdown")
    notes, module = folder / "notes.json", _timing_module(folder, place.token.module)
    token = replace(place.token, module=module)
    asked: list[tuple[int, int]] = []
    with _instrumented(folder, notes), place.daemon(token=token) as daemon, daemon.wire() as wire:
        place.log_in(wire, token)
        tokens = Tokens(wire)
        tokens.take(CALLS // 5)
        for _ in range(CALLS):
            before = time.perf_counter_ns()
            tokens.ask()
            tokens.await_answer()
            asked.append((before, time.perf_counter_ns()))
    return figures(list(moments(asked, json.loads(notes.read_text()), *_calls(module))))


@contextmanager
def _instrumented(folder: Path, notes: Path) -> Iterator[None]:
    """Daemons are started with functions that note their times."""
    script = folder / "cardbridge"
    command = [sys.executable, "-I", str(_HERE / "instrumented.py"), str(notes)]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    script.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PROGRAM_VARIABLE, str(script))
        yield


def _calls(module: Path) -> tuple[list[int], list[int]]:
    """Begins of C_SignInit and ends of C_Sign."""
    lines = [line.split() for line in module.with_name(f"{module.name}.times").read_text().splitlines()]
    inits, signs = ([int(when) for what, when in lines if what == kind] for kind in "is")
    return inits, signs


def figures(requests: Sequence[Moments]) -> list[Figures]:
    """In all, then each stage."""
    total = tuple(sum(each.stages_us()) for each in requests)
    whole = Figures(what=TOTAL, unit="µs", samples=total)
    stages = zip(*(each.stages_us() for each in requests), strict=True)
    return [
        whole,
        *(
            Figures(what=f"of it, {what}", unit="µs", samples=samples, reference=whole)
            for what, samples in zip(STAGES, stages, strict=True)
        ),
    ]


def moments(
    asked: Iterable[tuple[int, int]],
    notes: Iterable[tuple[str, int, int]],
    inits: Sequence[int],
    signs: Sequence[int],
) -> Iterable[Moments]:
    """Put the notes of the three processes together; they are in order of time, and requests do not overlap.

    Args:
        asked: for each request, when it was sent and when its answer was there.
        notes: the daemon's, see `instrumented`.
        inits: begins of C_SignInit.
        signs: ends of C_Sign, of which python-pkcs11 may need two for one signature.
    """
    points: dict[str, list[tuple[int, int]]] = {}
    for point, begin, end in notes:
        points.setdefault(point, []).append((begin, end))
    for each in points.values():
        each.sort()
    for sent, answered in asked:
        signed = _first(points["signed"], sent)
        yield Moments(
            sent=sent,
            received=_first(points["received"], sent)[0],
            decoded=_first(points["decoded"], sent)[1],
            asked=signed[0],
            called=inits[bisect_left(inits, sent)],
            made=signs[bisect_left(signs, signed[1]) - 1],
            back=signed[1],
            verified=_first(points["verified"], signed[1])[1],
            encoded=_first(points["encoded"], signed[1])[1],
            answered=answered,
        )


def _first(spans: Sequence[tuple[int, int]], after: int) -> tuple[int, int]:
    return spans[bisect_left(spans, (after, 0))]


def table(found: Sequence[Figures]) -> list[str]:
    """In Markdown; nothing, where this was not measured."""
    by_name = {each.what: each for each in found}
    if TOTAL not in by_name:
        return []
    whole = by_name[TOTAL].median
    rows = []
    for what in (*(f"of it, {stage}" for stage in STAGES), TOTAL):
        each = by_name[what]
        half = f"{digits(each.percentile(0.25))} – {digits(each.percentile(0.75))}"
        told = what.removeprefix("of it, ")
        rows.append(f"| {told} | {digits(each.median)} | {half} | {each.median / whole:.0%} |")
    return [*HEAD, *rows]


def _timing_module(folder: Path, module: Path) -> Path:
    target = folder / "timing.so"
    options = ["-std=c11", "-O1", "-fPIC", "-shared", f'-DMODULE="{module}"']
    source = _HERE / "references" / "timing.c"
    subprocess.run(["gcc", *options, str(source), "-o", str(target), "-ldl"], check=True)
    return target
