"""Diagnostic logs: what happened and when, never a PIN, a document, a number or a certificate's subject."""

from __future__ import annotations

import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from bridge.core.throttle import Bucket
from bridge.paths import private_folder

MAX_BYTES = 1024 * 1024
KEPT_FILES = 5
_AT_ONCE, _EACH_S = 100, 30.0
_MOST_KINDS = 256
_FORMAT = "%(asctime)sZ %(levelname)s %(name)s %(message)s%(more)s"
_QUIET = ("aiohttp", "asyncio", "pyhanko", "pyhanko_certvalidator", "smartcard")


class _PrivateRotatingFile(RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)

        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=opener)


class _Measured(logging.Filter):
    """So many of the same kind, then one now and then, with the number of those left out: a page that is
    refused again and again, or another user of the computer, cannot push out what the log is there for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple[str, str], tuple[Bucket, list[int]]] = {}

    def full_in_s(self) -> float:
        now = time.monotonic()
        return max(0.0, *(bucket.full_in_s(now) for bucket, _ in self._kinds.values()), 0.0)

    def left_out(self) -> int:
        return sum(left_out[0] for _, left_out in self._kinds.values())

    def filter(self, record: logging.LogRecord) -> bool:
        now, kind = time.monotonic(), (record.name, str(record.msg))
        if kind not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            self._kinds.clear()
        bucket, left_out = self._kinds.setdefault(kind, (Bucket(_AT_ONCE, _EACH_S, now), [0]))
        if not bucket.take(now):
            left_out[0] += 1
            return False
        record.more = f" (and {left_out[0]} more)" if left_out[0] else ""
        left_out[0] = 0
        return True


def _measures() -> list[_Measured]:
    handlers = logging.getLogger().handlers
    return [each for handler in handlers for each in handler.filters if isinstance(each, _Measured)]


def forgotten_in_s() -> float:
    """Until the log's measure is that of a new start; not above 0: it is."""
    return max(0.0, *(each.full_in_s() for each in _measures()), 0.0)


def left_out() -> int:
    """How many messages were left out and have not been told of yet."""
    return max((each.left_out() for each in _measures()), default=0)


def start(folder: Path) -> None:
    """Log to `folder`/cardbridge.log, and warnings to the terminal where there is one.

    A log that cannot be written is said once on stderr; the daemon goes on without it.
    """
    logging.raiseExceptions = False  # a full disk must not end anything
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    formatter = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setLevel(logging.WARNING)
    try:
        private_folder(folder)
        path = folder / "cardbridge.log"
        handlers.append(
            _PrivateRotatingFile(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
        )
    except OSError as error:
        sys.stderr.write(f"ログを書けません / no log can be written: {folder}: {error.strerror}\n")
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.addFilter(_Measured())
        root.addHandler(handler)
