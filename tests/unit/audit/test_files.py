"""The audit log's files: private, append-only, one chain over all, whatever happens to their writer."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.audit import files
from bridge.audit.files import AuditFiles
from bridge.audit.reading import Log, export, read
from bridge.core.audit import encode
from bridge.core.audit_csv import BOM
from tests.unit.core.chains import ENTRIES

ENTRY = ENTRIES[1]
WRITER = """
import sys
from pathlib import Path
from bridge.audit.files import AuditFiles
from tests.unit.core.chains import ENTRIES
log = AuditFiles(Path(sys.argv[1]), max_bytes=int(sys.argv[2]), kept=1000)
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    log.append(ENTRIES[number % 3])
"""
SLOWLY = """
import os, time
real = os.write
def write(handle, data):
    time.sleep(0.0005)
    return real(handle, data[:7])
os.write = write
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.endswith(".jsonl"))


def filled(folder: Path, count: int, **limits: int) -> AuditFiles:
    log = AuditFiles(folder, **limits)
    for number in range(count):
        log.append(ENTRIES[number % 3])
    return log


def whole(folder: Path, records: int) -> Log:
    log = read(folder)
    assert log.report.faults == () and log.report.records == records
    return log


def remarks(folder: Path) -> list[str]:
    return [remark.kind for remark in read(folder).report.remarks if remark.kind != "skipped"]


def writer(
    folder: Path, *, max_bytes: int = 10**6, count: int = 10**9, before: str = ""
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", before + WRITER, str(folder), str(max_bytes), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def grown(folder: Path, more: int = 1) -> None:
    """Wait until the log has grown by so many bytes."""
    before = size(folder)
    while size(folder) < before + more:
        time.sleep(0.001)


def size(folder: Path) -> int:
    return sum((folder / name).stat().st_size for name in names(folder)) if folder.exists() else 0


def test_no_log_yet(folder: Path) -> None:
    assert whole(folder, 0).records == () and not folder.exists()


def test_the_owners_alone_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        filled(folder, 2)
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert {mode(folder / name) for name in os.listdir(folder)} == {0o600}
    (folder / names(folder)[0]).chmod(0o644)
    filled(folder, 1)
    assert mode(folder / names(folder)[0]) == 0o600


def test_only_ever_appended(folder: Path) -> None:
    """Also by the next process: not a byte that was there is another one afterwards."""
    content = b""
    for _ in range(3):
        filled(folder, 4)
        now = (folder / names(folder)[0]).read_bytes()
        assert now.startswith(content) and len(now) > len(content)
        content = now
    whole(folder, 12)


def test_the_chain_goes_on_over_files(folder: Path) -> None:
    filled(folder, 40, max_bytes=2000, kept=50)
    assert len(names(folder)) > 4 and names(folder)[0] == "audit-000000000001.jsonl"
    whole(folder, 40)
    for name in names(folder)[:-1]:
        assert 2000 <= (folder / name).stat().st_size < 4000
    filled(folder, 2, max_bytes=2000, kept=50)
    assert [record.sequence for record in whole(folder, 42).records] == list(range(1, 43))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_file_that_is_removed_is_missed(folder: Path, which: int) -> None:
    filled(folder, 40, max_bytes=2000)
    (folder / names(folder)[which]).unlink()
    (fault,) = read(folder).report.faults
    assert fault.kind == ("beginning" if which == 0 else "missing")


def test_files_that_change_places_are_found(folder: Path) -> None:
    filled(folder, 40, max_bytes=2000)
    first, second = (folder / name for name in names(folder)[:2])
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert not read(folder).report.is_whole


def test_old_files_go_and_the_chain_says_so(folder: Path) -> None:
    filled(folder, 60, max_bytes=2000, kept=3)
    assert len(names(folder)) == 3
    report = read(folder).report
    assert report.is_whole and report.head is not None and report.head.sequence == 60
    assert report.remarks[-1].kind == "pruned" or "pruned" in remarks(folder)
    (folder / names(folder)[0]).unlink()
    assert [fault.kind for fault in read(folder).report.faults] == ["beginning"]


def test_it_is_bounded() -> None:
    assert files.MAX_BYTES * (files.KEPT_FILES + 1) <= 80 * 1024 * 1024


def test_two_objects_write_one_chain(folder: Path) -> None:
    one, other = AuditFiles(folder), AuditFiles(folder)
    for number in range(10):
        (one if number % 2 else other).append(ENTRY)
    whole(folder, 10)


def test_processes_write_one_chain(folder: Path) -> None:
    """Four at a time, in files of a few records."""
    writers = [writer(folder, max_bytes=3000, count=30) for _ in range(4)]
    assert [each.wait(60) for each in writers] == [0] * 4
    whole(folder, 120)


@pytest.mark.parametrize("before", ["", SLOWLY], ids=["whole lines", "seven bytes at a time"])
def test_killed_again_and_again(folder: Path, before: str) -> None:
    """kill -9 at any moment: what was whole stays, a torn line is told, and the chain goes on."""
    for round_number in range(12):
        process = writer(folder, max_bytes=3000, before=before)
        grown(folder, 1 + 97 * round_number)
        process.kill()
        process.wait()
        seen = read(folder).report
        assert seen.faults == ()
        filled(folder, 1, max_bytes=3000, kept=1000)
        assert read(folder).report.faults == ()
        assert read(folder).report.records == seen.records + 1
    if before:
        assert "torn" in remarks(folder)


@pytest.mark.parametrize("cut", range(1, 500, 61))
def test_torn_at_any_byte(folder: Path, cut: int) -> None:
    filled(folder, 3)
    path = folder / names(folder)[0]
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    filled(folder, 1)
    kept = read(folder)
    whole_lines = content[:-cut].count(b"\n") + (cut == 1)
    assert kept.report.faults == () and kept.report.records == whole_lines + 1
    assert path.read_bytes().startswith(content[:-cut]), "nothing is taken away"
    assert remarks(folder) == ([] if cut == 1 else ["torn"])


def test_zeros_after_a_power_cut(folder: Path) -> None:
    filled(folder, 2)
    path = folder / names(folder)[0]
    with path.open("ab") as file:
        file.write(bytes(200_000))
    filled(folder, 1)
    assert read(folder).report.records == 3


def test_a_new_file_without_a_record(folder: Path) -> None:
    """Killed between the making of a file and its first line, after a line that was torn."""
    filled(folder, 8, max_bytes=2000)
    newest = folder / names(folder)[-1]
    with newest.open("ab") as file:
        file.write(b'{"cert')
    (folder / "audit-000000000099.jsonl").touch(0o600)
    filled(folder, 2, max_bytes=2000)
    whole(folder, 10)
    assert remarks(folder) == ["torn"]


@pytest.mark.parametrize(
    ("old", "new"), [(b"cardRemoved", b"ok"), (b'"what":"sign"', b'"what":"sigh"')], ids=["hash", "form"]
)
@pytest.mark.parametrize("is_another", [True, False])
def test_an_edit_stays_found_when_the_log_goes_on(
    folder: Path, old: bytes, new: bytes, is_another: bool
) -> None:
    """The last record is edited, and then whoever wrote it, or another process, writes the next ones."""
    log = filled(folder, 5)
    path = folder / names(folder)[0]
    before, _, after = path.read_bytes().rpartition(old)
    path.write_bytes(before + new + after)
    for _ in range(2):
        (AuditFiles(folder) if is_another else log).append(ENTRY)
        assert not read(folder).report.is_whole


def test_a_log_that_vanishes_is_missed_by_who_has_written_it(folder: Path) -> None:
    log = filled(folder, 5)
    (folder / names(folder)[0]).unlink()
    log.append(ENTRY)
    assert [fault.kind for fault in read(folder).report.faults] == ["beginning"]


def _link(folder: Path) -> None:
    target = folder.parent / "precious"
    target.write_text("x")
    (folder / "audit-000000000001.jsonl").symlink_to(target)


def _link_as_lock(folder: Path) -> None:
    (folder / "audit.lock").symlink_to(folder.parent / "precious")


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "audit-000000000001.jsonl")


def _folder(folder: Path) -> None:
    (folder / "audit-000000000001.jsonl").mkdir()


@pytest.mark.parametrize("plant", [_link, _link_as_lock, _fifo, _folder])
def test_what_is_no_file_of_ours_is_not_written(folder: Path, plant: Callable[[Path], None]) -> None:
    folder.mkdir(parents=True)
    plant(folder)
    with pytest.raises(OSError):
        AuditFiles(folder).append(ENTRY)
    precious = folder.parent / "precious"
    assert not precious.exists() or precious.read_text() == "x"


def test_a_link_in_the_place_of_the_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")
    with pytest.raises(PermissionError):
        AuditFiles(folder).append(ENTRY)
    assert os.listdir(folder.parent / "elsewhere") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file(folder: Path) -> None:
    filled(folder, 1)
    os.chown(folder / names(folder)[0], 4321, 4321)
    with pytest.raises(PermissionError):
        AuditFiles(folder).append(ENTRY)


def test_a_lock_that_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.audit import lock

    filled(folder, 1)
    monkeypatch.setattr(lock, "_PATIENCE_S", 0.05)
    with lock.alone(folder / "audit.lock"), pytest.raises(TimeoutError):
        AuditFiles(folder).append(ENTRY)
    filled(folder, 1)
    whole(folder, 2)


FULL = """
import resource, signal, sys
from pathlib import Path
from bridge.audit.files import AuditFiles
from tests.unit.core.chains import ENTRIES
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log, refused = AuditFiles(Path(sys.argv[1])), 0
for limit in (1000, 1300, 1301, 1302, resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for _ in range(4):
        try:
            log.append(ENTRIES[1])
        except OSError:
            refused += 1
print(refused)
"""


def test_a_disk_that_fills_up_in_the_middle_of_a_line(folder: Path) -> None:
    """The kernel writes what fits and refuses the rest, several times; then there is room again."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder)], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) > 8
    log = read(folder)
    assert log.report.faults == () and log.report.records == 20 - int(done.stdout)
    assert remarks(folder).count("torn") >= 2


def test_a_sync_that_fails_does_not_write_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fails)
    filled(folder, 3)
    whole(folder, 3)


def test_every_record_is_brought_to_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda handle: synced.append(os.fstat(handle).st_size))
    record = filled(folder, 2).append(ENTRY)
    assert len(synced) == 3 and synced[-1] - synced[-2] == len(encode(record)) + 1


def test_lost_records_are_in_the_chain(folder: Path) -> None:
    log = filled(folder, 2)
    assert log.append(ENTRY, lost=3).sequence == 6
    whole(folder, 3)
    assert remarks(folder) == ["lost"]


def test_only_the_latest_are_kept_in_memory(folder: Path) -> None:
    filled(folder, 10)
    log = read(folder, most=3)
    assert [record.sequence for record in log.records] == [8, 9, 10] and log.report.records == 10


def test_export(folder: Path, tmp_path: Path) -> None:
    filled(folder, 3)
    path = tmp_path / "out.csv"
    log = export(folder, path, "ja")
    assert path.read_text("utf-8").startswith(BOM) and mode(path) == 0o600
    assert str(log.report.head) in path.read_text("utf-8")
    with pytest.raises(FileExistsError):
        export(folder, path, "ja")
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        export(folder, tmp_path / "link.csv", "ja")
