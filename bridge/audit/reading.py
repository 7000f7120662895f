"""Reading the audit log: for the list, the check and the export."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.audit.files import AuditFiles
from bridge.core.audit import AuditRecord, Head
from bridge.core.audit_check import Check, Report
from bridge.core.audit_csv import table
from bridge.core.language import Language
from bridge.paths import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is in the log: the records, the oldest first, and the report of their check."""

    records: tuple[AuditRecord, ...]
    report: Report


def read(folder: Path, *, head: Head | None = None, most: int | None = None) -> Log:
    """Read and check the whole log in `folder`.

    Args:
        head: what was exported earlier.
        most: only the latest so many records are kept.

    Raises:
        OSError
    """
    check = Check(head)
    records: deque[AuditRecord] = deque(_records(folder, check), maxlen=most)
    return Log(records=tuple(records), report=check.report())


def export(folder: Path, path: Path, language: Language) -> Log:
    """Write the whole log in `folder` to the new file `path`, as CSV, for its owner only.

    Raises:
        FileExistsError: there is one already. OSError
    """
    if path.exists() or path.is_symlink():
        raise FileExistsError(17, "there is such a file already", str(path))
    log = read(folder)
    write_private(path, table(log.records, log.report, language).encode(), is_chosen=True)
    return log


def _records(folder: Path, check: Check) -> Iterator[AuditRecord]:
    for line in AuditFiles(folder).lines():
        record = check.read(line)
        if record is not None:
            yield record
