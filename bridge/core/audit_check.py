"""The check of an audit log: whether its lines are the chain that was written (pure).

What it cannot find: that the end was cut off, or that a program of the same user wrote a whole new chain.
Both need the `Head` that somebody has kept elsewhere.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bridge.core.audit import START, AuditRecord, BrokenRecord, Head, decode

Fault = Literal["unreadable", "edited", "missing", "order", "replaced", "beginning", "head"]
Remark = Literal["torn", "lost", "skipped", "pruned", "headPruned"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found, at line `line` (from 1) of `file`.

    `sequence` is the record's there, 0 where it has none; `count` is how many records, or bytes of a torn
    line, it is about.
    """

    kind: Fault | Remark
    file: str = ""
    line: int = 0
    sequence: int = 0
    count: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The result. `faults` are traces of a change, `remarks` are what the writer itself has noted."""

    records: int
    head: Head | None
    faults: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    is_head_found: bool

    @property
    def is_whole(self) -> bool:
        return not self.faults


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line without its newline; `is_ended`: it has one."""

    file: str
    number: int
    text: bytes
    is_ended: bool = True


class Check:
    """Takes the lines in order, and reports.

    Args:
        head: what was exported earlier.
    """

    def __init__(self, head: Head | None = None) -> None:
        self._wanted = head
        self._is_head_found = False
        self._first: AuditRecord | None = None
        self._last: AuditRecord | None = None
        self._records = 0
        self._pruned = 1
        self._unreadable: list[tuple[Line, BrokenRecord]] = []
        self._faults: list[Finding] = []
        self._remarks: list[Finding] = []

    def read(self, line: Line) -> AuditRecord | None:
        """The line's record, or None where it is none."""
        try:
            record = decode(line.text)
        except BrokenRecord as broken:
            self._unreadable.append((line, broken))
            return None
        if record.torn and not self._unreadable and self._last is not None:
            self._fault("missing", line, record.sequence, 1)  # the torn line that it tells of
        between = self._settle(torn=record.torn)
        self._link(record, line, between)
        self._note(record, line)
        self._last = record
        self._records += 1
        return record

    def report(self) -> Report:
        faults, remarks = list(self._faults), list(self._remarks)
        is_torn = bool(self._unreadable) and not self._unreadable[-1][0].is_ended
        self._settle(torn=self._unreadable_bytes() if is_torn else 0)
        self._judge_ends()
        report = Report(
            records=self._records,
            head=None if self._last is None else self._last.head,
            faults=tuple(self._faults),
            remarks=tuple(self._remarks),
            is_head_found=self._is_head_found,
        )
        self._faults, self._remarks = faults, remarks
        return report

    def _settle(self, *, torn: int) -> int:
        """Judge the unreadable lines before a record that tells of `torn` bytes, without their newlines.

        Returns: how many of them may have been records.
        """
        faults = len(self._faults)
        is_told = 0 < torn == self._unreadable_bytes()
        for line, broken in self._unreadable:
            if is_told and not broken.is_edited:
                self._remark("torn", line, count=len(line.text))
            else:
                self._fault("edited" if broken.is_edited else "unreadable", line, broken.sequence)
        self._unreadable = []
        return len(self._faults) - faults

    def _unreadable_bytes(self) -> int:
        return sum(len(line.text) for line, broken in self._unreadable if not broken.is_edited)

    def _link(self, record: AuditRecord, line: Line, between: int) -> None:
        last = self._last
        if last is None:
            self._first = record
            if record.sequence == 1 + record.lost and record.previous != START.hash:
                self._fault("replaced", line, record.sequence)
            return
        missing = record.sequence - last.sequence - 1 - record.lost
        if record.sequence <= last.sequence or missing < 0:
            self._fault("order", line, record.sequence)
        elif missing > between or (missing and not between):
            self._fault("missing", line, record.sequence, missing)
        elif record.previous != last.hash and not between:
            self._fault("replaced", line, record.sequence)

    def _note(self, record: AuditRecord, line: Line) -> None:
        if self._wanted is not None and record.hash == self._wanted.hash:
            self._is_head_found = True
        self._pruned = max(self._pruned, record.pruned)
        for kind, count in (("lost", record.lost), ("skipped", record.skipped), ("pruned", record.pruned)):
            if count:
                self._remark(kind, line, record.sequence, count)  # type: ignore[arg-type]

    def _judge_ends(self) -> None:
        first = self._first
        if first is not None and first.sequence - first.lost > self._pruned:
            self._faults.insert(0, Finding(kind="beginning", sequence=first.sequence, count=self._pruned))
        if self._wanted is None or self._is_head_found:
            return
        if first is not None and 0 < self._wanted.sequence < first.sequence <= self._pruned:
            self._remarks.append(Finding(kind="headPruned", sequence=self._wanted.sequence))
        else:
            self._faults.append(Finding(kind="head", sequence=self._wanted.sequence))

    def _fault(self, kind: Fault, line: Line, sequence: int = 0, count: int = 0) -> None:
        self._faults.append(_finding(kind, line, sequence, count))

    def _remark(self, kind: Remark, line: Line, sequence: int = 0, count: int = 0) -> None:
        self._remarks.append(_finding(kind, line, sequence, count))


def _finding(kind: Fault | Remark, line: Line, sequence: int, count: int) -> Finding:
    return Finding(kind=kind, file=line.file, line=line.number, sequence=sequence, count=count)
