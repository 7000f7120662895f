"""Start at login: on, off, said again, and against what the machine's administrator has set."""

from __future__ import annotations

import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge import autostart, cli, desktopentry


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder with a name that needs quoting, on a machine with nothing in /etc/xdg."""
    home = tmp_path / "見本 太郎 100%"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    return home


@pytest.fixture
def entry(home: Path) -> Path:
    return home / "config" / "autostart" / "cardbridge.desktop"


@pytest.fixture
def machines_entry(tmp_path: Path) -> Path:
    """As a package installs it for all users."""
    file = tmp_path / "etc" / "autostart" / "cardbridge.desktop"
    file.parent.mkdir(parents=True)
    file.write_text(desktopentry.written({"Name": "x", "Exec": "/usr/bin/cardbridge run --unless-running"}))
    return file


def test_off_until_it_is_turned_on_and_each_may_be_said_twice(entry: Path) -> None:
    assert not autostart.is_on()
    for _ in range(2):
        autostart.turn_on()
        assert autostart.is_on() and entry.exists()
    for _ in range(2):
        autostart.turn_off()
        assert not autostart.is_on() and not entry.exists()


def test_what_the_entry_starts_is_this_program_and_nothing_twice(entry: Path) -> None:
    autostart.turn_on()
    found = desktopentry.read(entry.read_text())
    assert shlex.split(found["Exec"]) == [sys.executable, "-I", "-m", "bridge", "run", "--unless-running"]
    assert found["TryExec"] == sys.executable and found["Name"] == "ICカードブリッジ"
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600


def test_an_entry_for_all_users_counts_and_can_be_refused_by_one(entry: Path, machines_entry: Path) -> None:
    assert autostart.is_on()
    autostart.turn_off()
    assert not autostart.is_on() and machines_entry.exists()
    assert desktopentry.read(entry.read_text())["Hidden"] == "true"
    autostart.turn_on()
    assert autostart.is_on()


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_off_as_the_desktop_says_it(entry: Path, line: str) -> None:
    autostart.turn_on()
    entry.write_text(entry.read_text() + line + "\n")
    assert not autostart.is_on()
    autostart.turn_on()
    assert autostart.is_on()


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", b"nothing of the kind"])
def test_an_entry_that_is_broken_starts_nothing(entry: Path, text: bytes) -> None:
    entry.parent.mkdir(parents=True)
    entry.write_bytes(text)
    assert not autostart.is_on()
    autostart.turn_on()
    assert autostart.is_on()


def test_a_folder_that_cannot_be_written(entry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry.parent.parent.mkdir(parents=True)
    entry.parent.write_text("a file where the folder should be")
    assert cli.main(["autostart", "on"]) == 1
    assert "ファイルを読み書きできません" in capsys.readouterr().err
    assert cli.main(["autostart", "status"]) == 0


def test_the_verb(capsys: pytest.CaptureFixture[str], entry: Path) -> None:
    for wanted, said in [("status", "オフ"), ("on", "オン"), ("status", "オン"), ("off", "オフ")]:
        assert cli.main(["autostart", wanted]) == 0
        assert capsys.readouterr().out.startswith(said)
    assert not entry.exists()


@pytest.mark.skipif(shutil.which("gio") is None, reason="no gio here")
def test_a_desktop_starts_what_is_written(tmp_path: Path) -> None:
    """Read back by GLib: spaces, percent signs, quotes and dollars arrive as they are."""
    strange = [
        "/bin/sh",
        "-c",
        'printf "%s|" "$@" >"$0"',
        str(tmp_path / "told"),
        "a b",
        "100%",
        '"$x"',
        "\\`'",
    ]
    file = tmp_path / "x.desktop"
    entries = {"Name": "x", "Exec": desktopentry.command_line(strange)}
    file.write_text(desktopentry.written(entries))
    subprocess.run(["gio", "launch", str(file)], check=True, timeout=30)
    for _ in range(200):
        if (tmp_path / "told").exists() and (tmp_path / "told").read_text():
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert (tmp_path / "told").read_text() == 'a b|100%|"$x"|\\`\'|'
