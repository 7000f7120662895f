"""Repairs mend what is this user's own, twice is once, and no link is followed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bridge import autostart, paths
from bridge.core.finding import Finding
from bridge.doctor.checks import folders, program
from bridge.doctor.place import Place
from bridge.doctor.repairs import Deed, gone_drivers, remove_driver, repair
from tests.unit.test_instance import holder, signals

_ = signals  # SIGUSR1 as it was


def mend(place: Place) -> list[str]:
    checks = (folders.permissions, program.daemon, program.autostart)
    found: list[Finding] = [each for check in checks for each in check(place)]
    return [deed.key for deed in repair(found, place)]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_missing_folders_are_made_for_the_user_only(place: Place) -> None:
    assert mend(place) == ["did_folders"] * 3 and mode(paths.audit_folder()) == 0o700
    assert mend(place) == []


def test_permissions(place: Place) -> None:
    mend(place)
    paths.write_private(paths.refused_file(), b"[]")
    paths.refused_file().chmod(0o666)
    paths.log_folder().chmod(0o755)
    place.user.write_text("")
    place.user.chmod(0o664)
    assert mend(place) == ["did_permissions"] * 3
    assert (mode(paths.refused_file()), mode(paths.log_folder()), mode(place.user)) == (0o600, 0o700, 0o644)
    assert mend(place) == []


def test_a_planted_link_or_second_name_is_refused(place: Place, tmp_path: Path) -> None:
    mend(place)
    victim = tmp_path / "victim"
    victim.write_text("")
    victim.chmod(0o644)
    (paths.state_folder() / "linked").symlink_to(victim)
    os.link(victim, paths.state_folder() / "second")
    paths.runtime_file().write_text("{}")
    paths.runtime_file().chmod(0o644)
    keys = mend(place)
    assert keys.count("refused_permissions") == 2 and keys.count("did_permissions") == 1
    assert mode(victim) == 0o644 and mode(paths.runtime_file()) == 0o600


def test_what_changes_between_look_and_repair(place: Place, tmp_path: Path) -> None:
    mend(place)
    paths.runtime_file().write_text("{}")
    paths.runtime_file().chmod(0o644)
    found = list(folders.permissions(place))
    victim = tmp_path / "victim"
    victim.write_text("")
    victim.chmod(0o644)
    paths.runtime_file().unlink()
    paths.runtime_file().symlink_to(victim)
    assert [deed.key for deed in repair(found, place)] == ["refused_permissions"]
    assert mode(victim) == 0o644


def leave_runtime() -> None:
    content = {"pid": 1, "url": "ws://127.0.0.1:1/v1", "version": "0"}
    paths.write_private(paths.runtime_file(), json.dumps(content).encode())


def test_what_a_dead_daemon_left(place: Place) -> None:
    leave_runtime()
    assert "did_runtime" in mend(place) and not paths.runtime_file().exists()
    assert "did_runtime" not in mend(place)


def test_a_daemon_that_has_started_meanwhile_keeps_its_file(place: Place) -> None:
    leave_runtime()
    found = list(program.daemon(place))
    with holder(paths.lock_file()):
        assert repair(found, place) == []
    assert paths.runtime_file().exists()


def test_an_entry_that_names_another_program(place: Place, tmp_path: Path) -> None:
    autostart.turn_on()
    file = paths.autostart_file()
    good = file.read_text()
    file.write_text(good.replace("Exec=", "Exec=/gone"))
    assert "did_autostart" in mend(place) and file.read_text() == good
    assert "did_autostart" not in mend(place)
    file.write_text(good.replace("Exec=", "Exec=/gone"))
    file.rename(tmp_path / "theirs")
    file.symlink_to(tmp_path / "theirs")
    assert "refused_autostart" in mend(place) and "/gone" in (tmp_path / "theirs").read_text()


def gone(name: str) -> Finding:
    return Finding(id="driver.file", code="driver_missing", state="failure", repair=f"driver:{name}")


def test_a_driver_is_taken_out_only_by_name_and_only_when_it_is_gone(place: Place, tmp_path: Path) -> None:
    there = tmp_path / "there.so"
    there.write_text("")
    place.user.write_text(
        f'# mine\n[[driver]]\nname = "A"\npath = "/gone/a.so"\n[[driver]]\nname = "B"\npath = "{there}"\n'
    )
    assert repair([gone("A"), gone("B")], place) == []
    one, other = gone_drivers([gone("A"), gone("B")], place)
    assert remove_driver(one, place) == Deed(key="did_driver", path="A")
    assert remove_driver(other, place) == Deed(key="kept_driver", path="B")
    assert remove_driver(one, place).key == "kept_driver"
    assert place.user.read_text().startswith("# mine") and '"B"' in place.user.read_text()


def test_a_folder_that_cannot_be_written_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(paths, "private_folder", refuse)
    (deed,) = repair(list(folders.permissions(place)), place)
    assert deed.key == "failed" and deed.problem == "Permission denied"
