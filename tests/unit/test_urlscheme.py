"""`cardbridge://start`: starts the daemon and nothing else, whatever a page puts into the address."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bridge import cli, instance, urlscheme
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import configuration, environment, processes_of

BIN = Path(sys.executable).parent
REFUSED = "cardbridge://start のほかは受け付けません。 / Nothing but cardbridge://start is taken.\n"
HOSTILE = [
    "", "cardbridge:", "cardbridge://", "cardbridge:start", "cardbridge:///start", "cardbridge://start//",
    "cardbridge://start/x", "cardbridge://start?x", "cardbridge://start?", "cardbridge://start#", "cardbridge://start#x",
    "cardbridge://start:1", "cardbridge://u@start", "cardbridge://u:p@start/", "cardbridge://start.",
    "cardbridge://START",
    "CARDBRIDGE://start", "cardbridge://start ", " cardbridge://start", "cardbridge://start\n",
    "cardbridge://start/\n",
    "cardbridge://start --config=/tmp/x", "cardbridge://start/ --no-tray",
    'cardbridge://start" "--config=/tmp/x',
    "cardbridge://start' --config '/tmp/x", "cardbridge://start\0", "cardbridge://start\0--config=/tmp/x",
    "cardbridge://start/..", "cardbridge://start/%2e", "cardbridge://start%00", "cardbridge://start;id",
    "cardbridge://start`id`",
    "cardbridge://start$(id)", "cardbridge://start|id", "cardbridge://stop", "cardbridge://settings", "cardbridge://start\u200b",
    "cardbridge://ｓtart", "--config=/tmp/x", "--help", "-h", "--version", "run", "--", "https://start", "file:///etc/passwd",
]  # fmt: skip


def configure(folder: Path) -> None:
    first = free_ports(2)
    configuration(folder, (first, first + 1))


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    monkeypatch.setattr(urlscheme, "start", lambda: counted.append(1))
    return counted


@pytest.mark.parametrize("address", HOSTILE)
def test_anything_else_is_refused_and_does_nothing(
    address: str, starts: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["open-url", address]) == 2
    said = capsys.readouterr()
    assert starts == [] and said.out == "" and said.err == REFUSED


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["cardbridge://start", "cardbridge://start"], ["cardbridge://start", "--config=/tmp/x"],
        ["--config", "/tmp/x", "cardbridge://start"], ["--", "cardbridge://start"],
        ["cardbridge://start", ""],
    ],
)  # fmt: skip
def test_one_address_and_no_options(arguments: list[str], starts: list[int]) -> None:
    assert cli.main(["open-url", *arguments]) == 2
    assert starts == []


@given(some.text(max_size=30), some.text(max_size=30))
def test_nothing_around_it_is_let_through(before: str, after: str) -> None:
    address = f"{before}cardbridge://start{after}"
    assert urlscheme.is_start(address) == (before == "" and after in ("", "/"))


@pytest.mark.parametrize("address", ["cardbridge://start", "cardbridge://start/"])
def test_the_address_starts_it(address: str, starts: list[int]) -> None:
    assert cli.main(["open-url", address]) == 0
    assert starts == [1]


def test_what_is_started_knows_nothing_of_the_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: seen.append(command))
    urlscheme.start()
    assert seen == [[sys.executable, "-I", "-m", "bridge", "run", "--unless-running"]]
    monkeypatch.setattr(instance, "running", lambda file: 4711)
    urlscheme.start()
    assert len(seen) == 1, "a page that asks often starts nothing where the daemon runs"


def test_it_runs_on_when_the_browser_has_gone(tmp_path: Path) -> None:
    """For real: a session of its own, ready, and a second address that changes nothing."""
    configure(tmp_path)
    command = [str(BIN / "cardbridge"), "open-url", "cardbridge://start/"]
    runtime = tmp_path / "state" / "cardbridge" / "runtime.json"
    pids = []
    try:
        for _ in range(2):
            done = subprocess.run(
                command, env=environment(tmp_path), capture_output=True, text=True, timeout=60
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            until(runtime.exists)
            until(lambda: len(processes_of(tmp_path)) == 1)
            pids.append(json.loads(runtime.read_text())["pid"])
        assert pids[0] == pids[1] and os.getsid(pids[0]) == pids[0]
    finally:
        for pid in processes_of(tmp_path):
            os.kill(pid, signal.SIGTERM)
    until(lambda: not processes_of(tmp_path))
    assert not runtime.exists()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_registered_and_not(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["url-scheme", "status"]) == 0 and capsys.readouterr().out.startswith("オフ")
    for _ in range(2):
        assert cli.main(["url-scheme", "on"]) == 0 and capsys.readouterr().out.startswith("オン")
        defaults = (home / "config" / "mimeapps.list").read_text()
        assert defaults.count("x-scheme-handler/cardbridge=cardbridge-url.desktop") == 1
    entry = home / "data" / "applications" / "cardbridge-url.desktop"
    assert "MimeType=x-scheme-handler/cardbridge;\n" in entry.read_text()
    assert entry.read_text().count("%u") == 1 and stat.S_IMODE(entry.stat().st_mode) == 0o600
    for _ in range(2):
        assert cli.main(["url-scheme", "off"]) == 0 and capsys.readouterr().out.startswith("オフ")
    assert not entry.exists() and not (home / "config" / "mimeapps.list").exists()


def test_a_package_has_registered_it_for_everybody(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = tmp_path / "share" / "applications" / "cardbridge-url.desktop"
    entry.parent.mkdir(parents=True)
    entry.touch()
    monkeypatch.setenv("XDG_DATA_DIRS", f"relative:{tmp_path / 'share'}")
    assert urlscheme.is_registered()
    file = home / "config" / "mimeapps.list"
    file.parent.mkdir(exist_ok=True)
    file.write_text("[Default Applications]\nx-scheme-handler/cardbridge=other.desktop\n")
    assert not urlscheme.is_registered(), "the person has chosen another program"


def test_the_persons_other_choices_stay(home: Path) -> None:
    file = home / "config" / "mimeapps.list"
    file.parent.mkdir()
    others = (
        "# mine\n[Added Associations]\nx-scheme-handler/cardbridge=old.desktop;\ntext/plain=a.desktop\n\n"
        "[Default Applications]\ntext/html=b.desktop\nx-scheme-handler/cardbridge=old.desktop\n"
        "[Removed Associations]\nx-scheme-handler/cardbridge=c.desktop\n"
    )
    file.write_text(others)
    urlscheme.register()
    assert urlscheme.is_registered()
    assert file.read_text() == others.replace(
        "[Default Applications]\n",
        "[Default Applications]\nx-scheme-handler/cardbridge=cardbridge-url.desktop\n",
    ).replace("b.desktop\nx-scheme-handler/cardbridge=old.desktop\n", "b.desktop\n")
    urlscheme.unregister()
    assert file.read_text() == others.replace(
        "b.desktop\nx-scheme-handler/cardbridge=old.desktop\n", "b.desktop\n"
    )


@pytest.mark.skipif(shutil.which("gio") is None, reason="no gio here")
def test_a_desktop_brings_the_address_here_as_one_argument(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GLib reads what was written; a script stands for the program."""
    told = home / "told"
    script = home / "program with space"
    script.write_text(
        f'#!/bin/sh\nfor each; do printf "%s|" "$each"; done > {told}.new; mv {told}.new {told}\n'
    )
    script.chmod(0o755)
    monkeypatch.setattr("bridge.children.program", lambda: [str(script)])
    urlscheme.register()
    asked = subprocess.run(
        ["gio", "mime", "x-scheme-handler/cardbridge"], capture_output=True, text=True, timeout=30
    )
    assert "cardbridge-url.desktop" in asked.stdout
    subprocess.run(["gio", "open", "cardbridge://start?a b&c"], check=True, timeout=30, capture_output=True)
    until(told.exists)
    first, address, rest = told.read_text().split("|")
    assert first == "open-url" and address.startswith("cardbridge://start?") and rest == ""
