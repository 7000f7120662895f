"""Writing beside the event loop: at once, never raising, and nothing is lost while the disk is full."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.audit import sink
from bridge.audit.files import AuditFiles
from bridge.audit.reading import read
from bridge.audit.sink import BackgroundAudit
from bridge.core.audit import AuditEntry, AuditRecord
from tests.unit.core.chains import ENTRIES


class Disk(AuditFiles):
    """Full while `is_full`, and does not answer while `may_write` is not set."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.is_full = False
        self.bug: Exception | None = None
        self.tries = 0
        self.tried = threading.Condition()
        self.may_write = threading.Event()
        self.may_write.set()

    def append(self, entry: AuditEntry, *, lost: int = 0) -> AuditRecord:
        self.may_write.wait()
        try:
            if self.bug is not None:
                bug, self.bug = self.bug, None
                raise bug
            if self.is_full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().append(entry, lost=lost)
        finally:
            with self.tried:
                self.tries += 1
                self.tried.notify_all()

    def wait_for(self, tries: int) -> None:
        with self.tried:
            assert self.tried.wait_for(lambda: self.tries >= tries, 30)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "audit")


@pytest.fixture
def audit(disk: Disk) -> Iterator[BackgroundAudit]:
    started = BackgroundAudit(disk)
    yield started
    disk.may_write.set()
    started.close()


def sequences(disk: Disk) -> list[int]:
    log = read(disk.folder)
    assert log.report.is_whole
    return [record.sequence for record in log.records]


def test_there_is_no_thread_before_the_first_entry(audit: BackgroundAudit, disk: Disk) -> None:
    assert "audit" not in {thread.name for thread in threading.enumerate()}
    audit.close()
    assert not disk.folder.exists()


def test_all_that_was_recorded_is_there_at_the_end(audit: BackgroundAudit, disk: Disk) -> None:
    for number in range(50):
        audit.record(ENTRIES[number % 3])
    audit.close()
    assert sequences(disk) == list(range(1, 51))


def test_nobody_waits_for_the_disk(
    audit: BackgroundAudit, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not answer: recording returns, and so does the daemon's end."""
    monkeypatch.setattr(sink, "_LAST_S", 0.05)
    disk.may_write.clear()
    for _ in range(100):
        audit.record(ENTRIES[0])
    audit.close()


def test_what_could_not_be_written_is_written_later(
    audit: BackgroundAudit, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.is_full = True
    for number in range(5):
        audit.record(ENTRIES[0])
        disk.wait_for(number + 1)
    disk.is_full = False
    audit.record(ENTRIES[1])
    audit.close()
    assert sequences(disk) == [1, 2, 3, 4, 5, 6]
    failures = [record for record in caplog.records if "cannot be written" in record.message]
    assert len(failures) == 1 and "No space left" in failures[0].message, "said once"


def test_more_than_can_wait_are_told_in_the_chain(
    audit: BackgroundAudit, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "_MOST_WAITING", 3)
    disk.is_full = True
    for number in range(8):
        audit.record(ENTRIES[0])
        disk.wait_for(number + 1)
    disk.is_full = False
    audit.record(ENTRIES[1])
    audit.close()
    assert sequences(disk) == [7, 8, 9], "six were lost"
    assert [r.count for r in read(disk.folder).report.remarks if r.kind == "lost"] == [6]


def test_what_is_left_at_the_end_is_said(
    audit: BackgroundAudit, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.is_full = True
    audit.record(ENTRIES[0])
    audit.close()
    assert "1 records are not in the audit log" in caplog.text


def test_an_entry_that_cannot_be_written_keeps_no_other(audit: BackgroundAudit, disk: Disk) -> None:
    disk.bug = RuntimeError("a bug")
    audit.record(ENTRIES[0])
    audit.record(ENTRIES[1])
    audit.close()
    assert sequences(disk) == [2]


def _no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_no_thread_to_be_had(audit: BackgroundAudit, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_thread)
        audit.record(ENTRIES[0])
    audit.record(ENTRIES[1])
    audit.close()
    assert sequences(disk) == [1, 2]


def test_it_sleeps_between_entries(audit: BackgroundAudit, disk: Disk) -> None:
    audit.record(ENTRIES[0])
    disk.wait_for(1)
    (thread,) = (each for each in threading.enumerate() if each.name == "audit")
    status = Path(f"/proc/self/task/{thread.native_id}/status")

    def wake_ups() -> str:
        return next(line for line in status.read_text().splitlines() if line.startswith("voluntary"))

    deadline, before = time.monotonic() + 30, ""
    while before != (before := wake_ups()):
        assert time.monotonic() < deadline, "it never comes to rest"
        time.sleep(0.5)
