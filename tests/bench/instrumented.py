"""`cardbridge`, which notes when its functions begin and end; for the bench only.

    python -I instrumented.py FILE run --no-tray

At the end FILE gets a JSON array of [point, begin, end], in nanoseconds of CLOCK_MONOTONIC.
"""

from __future__ import annotations

import atexit
import functools
import inspect
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

POINTS = {
    "received": "bridge.server.sockets:LimitedSocket.data_received",
    "decoded": "bridge.core.jsonrpc:decode",
    "signed": "bridge.pkcs11.tokens:Pkcs11Tokens.sign",
    "verified": "bridge.core.certificate:verifies",
    "encoded": "bridge.core.jsonrpc:encode_result",
}
"""Name -> module and function. The names are those of `tests.bench.breakdown`."""


def found(point: str) -> tuple[Any, str, Callable[..., Any]]:
    """What has the function, its name there, the function. Raises: AttributeError, ImportError."""
    module, _, path = POINTS[point].partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, import_module(module))
    return owner, name, getattr(owner, name)


def watch(notes: list[tuple[str, int, int]]) -> None:
    """Put each of `POINTS` into a function that notes its times."""
    for point in POINTS:
        owner, name, function = found(point)
        setattr(owner, name, noting(point, function, notes))


def noting(point: str, function: Callable[..., Any], notes: list[tuple[str, int, int]]) -> Callable[..., Any]:
    """`function`, each of whose calls is noted."""
    now = time.perf_counter_ns
    if inspect.iscoroutinefunction(function):

        async def noted(*arguments: Any, **named: Any) -> Any:
            begin = now()
            try:
                return await function(*arguments, **named)
            finally:
                notes.append((point, begin, now()))

        return noted

    def noted_at_once(*arguments: Any, **named: Any) -> Any:
        begin = now()
        try:
            return function(*arguments, **named)
        finally:
            notes.append((point, begin, now()))

    return noted_at_once


def main(arguments: list[str]) -> int:
    notes: list[tuple[str, int, int]] = []
    watch(notes)
    atexit.register(lambda: Path(arguments[0]).write_text(json.dumps(notes)))
    from bridge.cli import main as cardbridge

    return cardbridge(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
