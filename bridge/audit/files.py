"""The files of the audit log: append-only lines, a new file when one is full, the chain going on over all.

A file is called after its first record, `audit-000000000001.jsonl`, and is never renamed, nor written to
once there is a newer one. Each record is one write(2) of the whole line at the end (O_APPEND), and is then
brought to the disk (fdatasync): what a power cut takes is just what somebody may ask about. A process that is
killed in the middle leaves at most one line without its end: it stays where it is, the next record stands on
a line of its own and says how long the torn one is.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from bridge.audit.lock import alone
from bridge.core.audit import START, AuditEntry, AuditRecord, BrokenRecord, Head, decode, encode, seal
from bridge.core.audit_check import Line
from bridge.paths import private_folder

_log = logging.getLogger(__name__)

MAX_BYTES = 4 * 1024 * 1024
KEPT_FILES = 16
_NAME = re.compile(r"audit-(?P<first>[0-9]{12})\.jsonl")
_LOCK = "audit.lock"
_TAIL_BYTES = 64 * 1024
_LONGEST_LINE = 64 * 1024
_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


class _End(msgspec.Struct, frozen=True, kw_only=True):
    """Where the log ends: the newest file, its size, the last record.

    `torn` is the length of what follows that record and was not written to its end, without newlines;
    `is_ended`: the file ends with a newline.
    """

    name: str
    size: int
    head: Head
    torn: int = 0
    is_ended: bool = True


class AuditFiles:
    """The log in `folder`, which is made with the first record, for its owner only.

    Args:
        max_bytes: a file that is as long gets no more records.
        kept: how many files are kept; beyond that the oldest go, and the chain says so.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT_FILES) -> None:
        self.folder = folder
        self._max_bytes, self._kept = max_bytes, kept
        self._end: _End | None = None
        self._known = START  # records that have vanished since are missed, not numbered anew

    def append(self, entry: AuditEntry, *, lost: int = 0) -> AuditRecord:
        """Write one entry behind the last record, whoever wrote that.

        Args:
            lost: so many before it could not be written.

        Raises:
            OSError: it is not in the log, or only torn.
        """
        private_folder(self.folder)
        with alone(self.folder / _LOCK):
            end, names = self._find_end(), self._names()
            is_new = end.size >= self._max_bytes or not names
            name = _name(end.head.sequence + lost + 1, names) if is_new else end.name
            going = names[: len(names) + 1 - self._kept] if is_new else []
            pruned = _first_of(names[len(going)]) if going else 0
            record = seal(entry, end.head, lost=lost, torn=end.torn, pruned=pruned)
            gap = b"" if end.is_ended or is_new else b"\n"
            self._end = None
            size = self._write(name, gap + encode(record) + b"\n", is_new=is_new)
            self._end, self._known = _End(name=name, size=size, head=record.head), record.head
            for old in going:
                with suppress(OSError):
                    (self.folder / old).unlink()
        return record

    def lines(self) -> Iterator[Line]:
        """Every line of the log, the oldest first. What is written meanwhile may be there or not.

        Raises:
            OSError: a file cannot be read. That there is no log yet is none.
        """
        for name in self._names():
            try:
                handle = self._open(name, os.O_RDONLY)
            except FileNotFoundError:
                continue  # it has just been removed, being the oldest
            with os.fdopen(handle, "rb") as file:
                number = 0
                while raw := file.readline(_LONGEST_LINE):
                    number += 1
                    text = raw.removesuffix(b"\n")
                    yield Line(file=name, number=number, text=text, is_ended=len(text) < len(raw))

    def state(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of the files: others each time something was written; none that cannot be seen."""
        sizes: list[tuple[str, int]] = []
        with suppress(OSError):
            sizes += [(name, (self.folder / name).lstat().st_size) for name in self._names()]
        return tuple(sizes)

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self.folder) if _NAME.fullmatch(name))
        except FileNotFoundError:
            return []

    def _open(self, name: str, flags: int) -> int:
        """Raises: OSError: also where it is a link, no file, or another user's."""
        handle = os.open(self.folder / name, flags | _FLAGS, 0o600)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                raise PermissionError(1, "it is no file, or another user's", name)
            if hasattr(os, "fchmod") and status.st_mode & 0o077:
                os.fchmod(handle, 0o600)
        except OSError:
            os.close(handle)
            raise
        return handle

    def _write(self, name: str, data: bytes, *, is_new: bool) -> int:
        """Append `data`; the file's size then."""
        handle = self._open(name, os.O_WRONLY | os.O_APPEND | (os.O_CREAT | os.O_EXCL if is_new else 0))
        try:
            written = 0
            while written < len(data):
                written += os.write(handle, data[written:])
            try:
                getattr(os, "fdatasync", os.fsync)(handle)
                if is_new:
                    _sync_folder(self.folder)
            except OSError as error:  # it is written; writing it again would have it there twice
                _log.error("the audit log may not have reached the disk: %s", error.strerror)
            return os.fstat(handle).st_size
        finally:
            os.close(handle)

    def _find_end(self) -> _End:
        names = self._names()
        newest = names[-1] if names else ""
        size = (self.folder / newest).lstat().st_size if names else 0
        if self._end is not None and (self._end.name, self._end.size) == (newest, size):
            return self._end
        torn, is_ended, found = 0, True, None
        for name in reversed(names):
            found, torn_here, ends = self._last_record(name)
            is_ended = ends if name == newest else is_ended
            torn += torn_here
            if found is not None:
                break
        head = max(found or START, self._known, key=lambda head: head.sequence)
        return _End(name=newest, size=size, head=head, torn=torn, is_ended=is_ended)

    def _last_record(self, name: str) -> tuple[Head | None, int, bool]:
        """The last record of a file, the length of what is torn behind it, and whether a newline ends it."""
        with os.fdopen(self._open(name, os.O_RDONLY), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            for start in (max(0, size - _TAIL_BYTES), 0):
                file.seek(start)
                lines = file.read().split(b"\n")
                head, torn = _last_of(lines)
                if head is not None:
                    break
        return head, torn, lines[-1] == b""


def _last_of(lines: list[bytes]) -> tuple[Head | None, int]:
    """Only who was killed in the middle leaves no newline: other damage is not called torn, and is found."""
    torn, is_ended = 0, lines[-1] == b""
    for line in reversed(lines):
        try:
            return decode(line).head, torn
        except BrokenRecord as broken:
            torn += 0 if broken.is_edited or is_ended else len(line)
    return None, torn


def _name(sequence: int, names: list[str]) -> str:
    """Of a new file: called after its first record, and behind all others."""
    return f"audit-{max(sequence, _first_of(names[-1]) + 1 if names else 0):012d}.jsonl"


def _first_of(name: str) -> int:
    match = _NAME.fullmatch(name)
    return int(match["first"]) if match else 0


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # there a folder cannot be opened
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
