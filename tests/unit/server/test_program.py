"""Which program is at the other end of a connection; the programs here are real ones."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from bridge import winprocesses
from bridge.core.consent import Program
from bridge.registry import Registry, Value
from bridge.server import browsers, owner, program
from bridge.server.processes import Address
from bridge.server.program import program_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only so far")

PYTHON = os.path.realpath("/usr/bin/python3")
_CLIENT = (
    "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); sys.stdin.read()"
)


@contextmanager
def connected(*command: str) -> Iterator[tuple[Address, Address, int]]:
    """A program that has connected and waits: its address, ours, and its process number."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        with subprocess.Popen([*command, "-I", "-c", _CLIENT, port], stdin=subprocess.PIPE) as client:
            listening.settimeout(30)
            with listening.accept()[0] as server:
                yield server.getpeername(), server.getsockname(), client.pid
            client.communicate()


def test_program_is_named() -> None:
    with connected(PYTHON) as (peer, own, _):
        assert program_of(peer, own) == Program(path=PYTHON)
    assert program_of(peer, own) == Program(), "gone"


def test_name_of_a_browser_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that this user can write is no browser, whatever its path, also where that is a known one."""
    false = tmp_path / "chrome"
    shutil.copy(PYTHON, false)
    monkeypatch.setitem(browsers.KNOWN, "Google Chrome", (str(false),))
    with connected(str(false)) as (peer, own, _):
        assert program_of(peer, own) == Program(path=str(false))


def test_known_place_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(browsers.KNOWN, "Google Chrome", (PYTHON,))
    with connected(PYTHON) as (peer, own, pid):
        assert program_of(peer, own) == Program(path=PYTHON, browser="Google Chrome")
        assert browsers.browser_of(Path(f"/proc/{pid}")) == "Google Chrome"


def test_known_link_is_not_followed_to_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the program that runs, not the name under which it was started."""
    link = tmp_path / "chrome"
    link.symlink_to(PYTHON)
    monkeypatch.setitem(browsers.KNOWN, "Google Chrome", (str(link),))
    with connected(str(link)) as (peer, own, _):
        assert program_of(peer, own) == Program(path=PYTHON)


def test_one_stranger_among_the_holders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A socket that a browser shares with another program is that other program's."""
    stranger = tmp_path / "stranger"
    shutil.copy("/usr/bin/sleep", stranger)
    monkeypatch.setitem(browsers.KNOWN, "Google Chrome", (PYTHON,))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = f"import socket, subprocess; s = socket.create_connection({listening.getsockname()}); "
        client += f"subprocess.run(['{stranger}', '60'], pass_fds=[s.fileno()])"
        with subprocess.Popen([PYTHON, "-I", "-c", client], start_new_session=True) as browser:
            with listening.accept()[0] as server:
                ends = server.getpeername(), server.getsockname()
                seen = program_of(*ends)
                while seen == Program(path=PYTHON, browser="Google Chrome"):  # it has not begun yet
                    seen = program_of(*ends)
            os.killpg(browser.pid, 9)
    assert seen == Program(path=str(stranger))


def test_replaced_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates do it to browsers. Of a folder that this user can write it proves nothing."""
    updated = tmp_path / "firefox"
    shutil.copy(PYTHON, updated)
    monkeypatch.setitem(browsers.KNOWN, "Firefox", (str(updated),))
    with connected(str(updated)) as (peer, own, _):
        updated.unlink()
        assert program_of(peer, own) == Program(path=f"{updated} (deleted)")
        with monkeypatch.context() as systems:
            systems.setattr(browsers, "_is_protected", lambda path: path == tmp_path)
            systems.setattr(browsers, "_ROOT", os.getuid())
            assert program_of(peer, own) == Program(path=f"{updated} (deleted)", browser="Firefox")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/usr/lib/chromium/chromium", "Chromium"),
        ("/opt/microsoft/msedge/msedge", "Microsoft Edge"),
        ("/snap/firefox/4336/usr/lib/firefox/firefox", "Firefox"),
        ("/snap/firefox/a/b/usr/lib/firefox/firefox", ""),
        ("/home/clerk/usr/lib/chromium/chromium", ""),
        ("/usr/lib/chromium/chromium-sandbox", ""),
    ],
)
def test_known_paths(path: str, name: str) -> None:
    assert browsers._known(path) == name


def test_tables_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of such a program: the window warns."""
    with connected(PYTHON) as (peer, own, _):
        monkeypatch.setattr(program, "_PROC", tmp_path)
        assert program_of(peer, own) == Program()
        monkeypatch.setattr(owner, "_PROC_NET", tmp_path)
        assert program_of(peer, own) == Program()


def test_macos_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert program_of(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


class Folders:
    """The registry of a Windows."""

    def values(self, key: str) -> dict[str, Value]:
        assert key == "Software\\Microsoft\\Windows\\CurrentVersion"
        return {"ProgramFilesDir": r"C:\Program Files", "ProgramFilesDir (x86)": r"C:\Program Files (x86)"}


CHROME = r"Google\Chrome\Application\chrome.exe"


@pytest.mark.parametrize(
    ("path", "browser"),
    [
        (rf"C:\Program Files\{CHROME}", "Google Chrome"),
        (r"c:\program files (x86)\microsoft\edge\application\MSEDGE.EXE", "Microsoft Edge"),
        (
            r"C:\Program Files\WindowsApps\Mozilla.Firefox_133.0_x64__n80bbvh6b1yt2\VFS\ProgramFiles"
            r"\Firefox Package Root\firefox.exe",
            "Firefox",
        ),
        (rf"C:\Users\clerk\AppData\Local\{CHROME}", None),
        (rf"C:\Users\clerk\Desktop\{CHROME}", ""),
        (rf"D:\Program Files\{CHROME}", ""),
        (r"C:\Program Files\Google\Chrome\Application\evil.exe", ""),
    ],
)
def test_programs_of_windows(monkeypatch: pytest.MonkeyPatch, path: str, browser: str | None) -> None:
    """In everybody's folder a browser is named, of the person's own nothing is said; a stranger elsewhere."""
    monkeypatch.setenv("LOCALAPPDATA", r"C:\Users\clerk\AppData\Local")
    monkeypatch.setattr(program, "program_paths", lambda pids: [path] * len(pids))
    with connected(PYTHON) as (peer, own, _):
        found = program.windows_program_of(peer, own, cast(Registry, Folders()))
    assert found == (None if browser is None else Program(path=path, browser=browser))


def test_without_a_folder_nothing_lies_in_it() -> None:
    assert browsers.below(["", "Programs"], rf"C:\Temp\{CHROME}") == ""


def test_a_program_of_windows_is_found_by_its_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winprocesses, "program", lambda pid: os.readlink(f"/proc/{pid}/exe"))
    with connected(PYTHON) as (peer, own, _):
        found = program.windows_program_of(peer, own, cast(Registry, Folders()))
        assert found is not None and os.path.realpath(found.path) == PYTHON and not found.browser
    assert program.windows_program_of(peer, own, cast(Registry, Folders())) == Program(), "gone"
