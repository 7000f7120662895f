"""`cardbridge stop`, and a start at login that the user does not want."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bridge import account, autostart
from bridge.cli import main
from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.unit.server.running import configuration, environment, processes_of, started


def cardbridge(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [stack.program(), *arguments], env=environment(folder), capture_output=True, text=True, check=False
    )


def test_the_daemon_ends_as_by_its_own_menu(tmp_path: Path) -> None:
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    with started(tmp_path) as daemon:
        stopping = cardbridge(tmp_path, "stop")
        assert (stopping.returncode, daemon.process.wait(30)) == (0, 0)
        assert "終了しました" in stopping.stdout
    again = cardbridge(tmp_path, "stop")
    assert again.returncode == 0 and "動いていません" in again.stdout


def test_at_login_the_users_word_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autostart, "is_on", lambda: False)
    monkeypatch.setenv("CARDBRIDGE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert main(["run", "--no-tray", "--at-login"]) == 0
    assert processes_of(tmp_path) == [] and not (tmp_path / "state").exists()


def test_it_does_not_run_as_a_service(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(account, "is_service", lambda: True)
    assert main(["run", "--no-tray"]) == 2
    assert "SYSTEM" in capsys.readouterr().err


def test_nothing_is_purged_where_packages_do_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["purge"]) == 1 and "Windows" in capsys.readouterr().err
