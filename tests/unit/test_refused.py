"""The file of refused sites: small, private, written seldom and never on the loop."""

import asyncio
import logging
import os
import stat
import threading
from pathlib import Path

import pytest

from bridge import paths, refused
from bridge.core.origin import Origin
from bridge.core.refusals import Refusal
from bridge.refused import RefusedSites, forget, read

A, B = Origin.parse("https://a.jp"), Origin.parse("https://b.jp")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "refused.json"


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """In which thread each write happened."""
    done: list[threading.Thread] = []
    write = paths.write_private

    def counted(path: Path, content: bytes) -> None:
        done.append(threading.current_thread())
        write(path, content)

    monkeypatch.setattr(refused, "write_private", counted)
    return done


def origins(path: Path) -> set[str]:
    return {refusal.origin for refusal in read(path)}


async def test_what_was_refused_is_in_the_file_soon(file: Path, writes: list[threading.Thread]) -> None:
    sites = RefusedSites(file)
    sites.note(A)
    while not origins(file):  # noqa: ASYNC110 - another thread's work
        await asyncio.sleep(0.01)
    assert origins(file) == {"https://a.jp"}
    assert writes[0] is not threading.main_thread()
    await sites.end()


async def test_it_is_the_owners_alone(file: Path) -> None:
    sites = RefusedSites(file)
    sites.note(A)
    await sites.end()
    assert [stat.S_IMODE(os.stat(each).st_mode) for each in (file, file.parent)] == [0o600, 0o700]


async def test_a_flood_is_two_writes(file: Path, writes: list[threading.Thread]) -> None:
    sites = RefusedSites(file)
    sites.note(A)
    await sites.end()
    for number in range(2000):
        sites.note(Origin.parse(f"https://n{number}.evil.example"))
        sites.note(B)
    await asyncio.sleep(0)
    await sites.end()
    assert len(writes) == 2 and {"https://a.jp", "https://b.jp"} < origins(file)
    assert os.stat(file).st_size < 4000


async def test_the_same_again_writes_nothing(file: Path, writes: list[threading.Thread]) -> None:
    sites = RefusedSites(file)
    for _ in range(3):
        sites.note(A)
        await sites.end()
        sites._pending = ()
    assert len(writes) == 1


async def test_what_the_window_takes_off_stays_off(file: Path) -> None:
    sites = RefusedSites(file)
    sites.note(A)
    await sites.end()
    forget(file, A)
    assert origins(file) == set()
    later = RefusedSites(file)
    later.note(B)
    await later.end()
    assert origins(file) == {"https://b.jp"}


async def test_a_disk_that_refuses_is_said_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.parent.parent.joinpath("state").write_text("a file where the folder should be")
    for origin in (A, B):
        sites = RefusedSites(file)
        sites.note(origin)
        await sites.end()
        sites._lately.clear()
        sites.note(origin)
        await sites.end()
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 2, "once a daemon"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"{}",
        b"null",
        b"\xff",
        b'[{"origin": 1, "at": 2}]',
        b'[{"origin": "https://a.jp"}]',
        b"[" * 70000,
    ],
)
def test_a_file_that_cannot_be_read_is_an_empty_list(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert read(file) == ()


def test_what_somebody_else_wrote_there_is_checked(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b'[{"origin":"http://evil.jp","at":1},{"origin":"HTTPS://A.jp:443","at":2}]')
    assert read(file) == (Refusal(origin="https://a.jp", at=2),)
