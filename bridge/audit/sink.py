"""Writes the audit log beside the event loop: `bridge.core.ports.AuditSink`."""

from __future__ import annotations

import logging
import threading
from collections import deque
from queue import SimpleQueue

from bridge.audit.files import AuditFiles
from bridge.core.audit import AuditEntry

_log = logging.getLogger(__name__)

_MOST_WAITING = 256
_LAST_S = 3.0


class BackgroundAudit:
    """One thread, from the first entry on, which sleeps until there is another.

    What cannot be written (a full disk) waits for the next entry, up to a number; beyond that the oldest is
    lost, and the chain says how many. An answer to a page does not wait for its record: what may be lost in
    between is what a kill -9 of the daemon loses, and whoever may do that may write to the log as well.
    """

    def __init__(self, files: AuditFiles) -> None:
        self._files = files
        self._entries: SimpleQueue[AuditEntry | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._waiting: deque[AuditEntry] = deque()
        self._lost = 0
        self._is_failing = False

    @property
    def is_written(self) -> bool:
        """Whether the disk has everything that can still be written."""
        return self._entries.empty() and not self._waiting and not self._lost

    def record(self, entry: AuditEntry) -> None:
        """See `bridge.core.ports.AuditSink`."""
        self._entries.put(entry)
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="audit", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no thread; the next entry tries again
                _log.error("the audit log has no thread to write it")
                return
            self._thread = thread

    def close(self) -> None:
        """Write what is left; a disk that hangs is waited for no longer than `_LAST_S`."""
        if self._thread is not None:
            self._entries.put(None)
            self._thread.join(_LAST_S)

    def _work(self) -> None:
        while (entry := self._entries.get()) is not None:
            self._waiting.append(entry)
            if len(self._waiting) > _MOST_WAITING:
                self._waiting.popleft()
                self._lost += 1
            self._write()
        if self._waiting:
            _log.error("%s records are not in the audit log", len(self._waiting) + self._lost)

    def _write(self) -> None:
        try:
            while self._waiting:
                self._files.append(self._waiting[0], lost=self._lost)
                self._waiting.popleft()
                self._lost = 0
        except OSError as error:
            if not self._is_failing:
                _log.error("the audit log cannot be written: %s", error.strerror or error)
            self._is_failing = True
        except Exception:  # an entry that cannot be written must not keep the others
            _log.exception("an entry of the audit log is given up")
            self._waiting.popleft()
            self._lost += 1
        else:
            if self._is_failing:
                _log.warning("the audit log is written again")
            self._is_failing = False
