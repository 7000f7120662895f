"""Diagnostic logs: rotating, the owner's alone, and never a reason to stop."""

import io
import logging
import os
import re
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge import logs

NOISY = ("aiohttp.access", "aiohttp.server", "asyncio", "pyhanko.sign", "pyhanko_certvalidator", "smartcard")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raises


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def lines(folder: Path) -> list[str]:
    return (folder / "cardbridge.log").read_text("utf-8").splitlines()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_line_has_time_in_utc_level_and_place(folder: Path) -> None:
    logs.start(folder)
    logging.getLogger("bridge.x").info("started %s", "あ")
    logging.getLogger("bridge.x").debug("details")
    (line,) = lines(folder)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO bridge\.x started あ", line)


def test_the_time_is_utc_wherever_the_machine_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        logs.start(folder)
        logging.getLogger("x").info("x")
    finally:
        monkeypatch.undo()
        time.tzset()
    logged = datetime.fromisoformat(lines(folder)[0].split(" ")[0].replace("Z", "+00:00"))
    assert abs((datetime.now(UTC) - logged).total_seconds()) < 3600


def test_folder_and_file_are_the_owners_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        logs.start(folder)
        logging.getLogger("x").info("x")
    finally:
        os.umask(before)
    assert mode(folder) == 0o700 and mode(folder / "cardbridge.log") == 0o600


def test_only_warnings_come_from_noisy_libraries(folder: Path) -> None:
    logs.start(folder)
    for name in NOISY:
        logging.getLogger(name).debug("noise")
        logging.getLogger(name).info("noise")
        logging.getLogger(name).warning("heard")
    assert [line.split(" ", 1)[1] for line in lines(folder)] == [f"WARNING {name} heard" for name in NOISY]


def test_warnings_and_no_more_are_said_on_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.start(folder)
    logging.getLogger("x").info("quiet")
    logging.getLogger("x").warning("loud")
    said = capsys.readouterr()
    assert said.out == "" and "loud" in said.err and "quiet" not in said.err


def test_it_rotates_and_keeps_five(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 1000)
    before = os.umask(0)
    try:
        logs.start(folder)
        for number in range(200):
            logging.getLogger(f"x{number}").info("line %s %s", number, "x" * 80)
    finally:
        os.umask(before)
    assert logs.KEPT_FILES == 5
    expected = ["cardbridge.log", *[f"cardbridge.log.{number}" for number in range(1, 6)]]
    assert sorted(os.listdir(folder)) == expected
    for name in expected:
        assert (folder / name).stat().st_size <= 1000 and mode(folder / name) == 0o600
    assert "line 199 " in lines(folder)[-1]


def test_a_flood_of_the_same_leaves_room_for_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    logs.start(folder)
    for number in range(5000):
        logging.getLogger("x").info("refused %s", number)
    logging.getLogger("x").info("something else")
    now += logs._EACH_S
    logging.getLogger("x").info("refused %s", 5000)
    written = lines(folder)
    assert len(written) == logs._AT_ONCE + 2
    assert written[-2].endswith("something else")
    assert written[-1].endswith(f"refused 5000 (and {5000 - logs._AT_ONCE} more)")


def test_it_is_bounded() -> None:
    assert logs.MAX_BYTES * (logs.KEPT_FILES + 1) <= 10 * 1024 * 1024


def test_an_older_log_goes_on(folder: Path) -> None:
    logs.start(folder)
    logging.getLogger("x").info("one")
    logging.getLogger().handlers[-1].close()
    logging.getLogger().handlers[:] = []
    logs.start(folder)
    logging.getLogger("x").info("two")
    assert [line.rsplit(" ", 1)[1] for line in lines(folder)] == ["one", "two"]


def goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`start` says that there is no log, and nothing is stopped by it."""
    logs.start(folder)
    said = capsys.readouterr().err
    assert "ログを書けません" in said and str(folder) in said
    logging.getLogger("x").warning("still here")
    assert "still here" in capsys.readouterr().err


def test_a_link_in_the_place_of_the_log_is_not_followed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir()
    target = folder.parent / "target"
    target.write_text("precious")
    (folder / "cardbridge.log").symlink_to(target)
    goes_on(folder, capsys)
    assert target.read_text() == "precious"


def test_a_link_in_the_place_of_the_folder_is_not_followed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")
    goes_on(folder, capsys)
    assert os.listdir(folder.parent / "elsewhere") == []


def test_a_folder_that_cannot_be_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write_text("a file")
    goes_on(folder, capsys)


def test_a_folder_in_the_place_of_the_log(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "cardbridge.log").mkdir(parents=True)
    goes_on(folder, capsys)


class _FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_ends_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.start(folder)
    monkeypatch.setattr(logging.getLogger().handlers[-1], "stream", _FullDisk())
    logging.getLogger("x").info("lost")
    logging.getLogger("x").warning("said")
    said = capsys.readouterr().err
    assert "said" in said and "Traceback" not in said
