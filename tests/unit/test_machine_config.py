"""The administrator's file: believed only where it is root's, above the user's where it locks."""

import logging
import os
from pathlib import Path

import pytest

from bridge import paths
from bridge.config import ConfigurationError, read
from bridge.core.origin import Origin
from bridge.core.settings import DriverSettings, SiteSettings
from bridge.edits import Editor, SetByAdministrator
from bridge.policy import ConfiguredPolicy
from tests.unit.test_policy import allowing, write

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that are root's")
THEIRS = '[[site]]\norigin = "https://city.jp"\n[[driver]]\nname = "Card"\npath = "/opt/card.so"\n'


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    return folder / "config.toml"


def refused(user: Path, machine: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read(user, machine)
    return caught.value


@needs_root
def test_both_files_count(user: Path, machine: Path) -> None:
    machine.write_text('locked = ["ui.language"]\n[ui]\nlanguage = "en"\n' + THEIRS)
    user.write_text("[ui]\nlanguage = 'ja'\nqueue = 3\n[[site]]\norigin = 'https://own.jp'\n")
    layers = read(user, machine)
    assert (layers.settings.ui.language, layers.settings.ui.queue) == ("en", 3)
    assert [site.origin for site in layers.settings.site] == ["https://city.jp", "https://own.jp"]


def test_without_either_file_the_defaults(user: Path, machine: Path) -> None:
    assert read(user, machine).settings == read(user, None).settings
    assert read(user, machine.parent / "none" / "config.toml").ignored == ()


@needs_root
@pytest.mark.parametrize(("text", "line", "key"), [
    ("locked = ['ui.langage']\n", 1, "locked[0]"),
    ("\nlocked = 'ui'\n", 2, "locked"),
    ("[ui]\nqueue = 0\n", 2, "ui.queue"),
    ("[ui\n", 1, ""),
    ("[[driver]]\nname = 'a'\npath = 'a.so'\n", 3, "driver[0].path"),
])  # fmt: skip
def test_a_mistake_in_it_is_told_with_its_name(
    user: Path, machine: Path, text: str, line: int, key: str
) -> None:
    machine.write_text(text)
    error = refused(user, machine)
    assert (error.file, error.line, error.key) == (machine, line, key)


@needs_root
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_one_that_others_can_write_is_refused(user: Path, machine: Path, mode: int) -> None:
    machine.write_text(THEIRS)
    machine.chmod(mode)
    assert refused(user, machine).file == machine


@needs_root
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_one_that_others_can_replace_is_refused(user: Path, machine: Path, mode: int) -> None:
    machine.write_text(THEIRS)
    machine.parent.chmod(mode)
    assert "folder" in refused(user, machine).problem


@needs_root
@pytest.mark.parametrize("given", ["file", "folder"])
def test_one_of_another_user_is_refused(user: Path, machine: Path, given: str) -> None:
    """It may be the very user whom it is to bind."""
    machine.write_text(THEIRS)
    os.chown(machine if given == "file" else machine.parent, 4321, 4321)
    assert "another user" in refused(user, machine).problem


@needs_root
def test_a_link_into_a_folder_of_another_user_is_refused(user: Path, machine: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(THEIRS)
    machine.symlink_to(home / "config.toml")
    assert len(read(user, machine).settings.site) == 1
    os.chown(home, 4321, 4321)
    assert "another user" in refused(user, machine).problem


@needs_root
def test_a_file_of_this_user_is_not_an_administrators(
    user: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file would do as the user's own."""
    machine.write_text(THEIRS)
    os.chown(machine, 4321, 4321)
    monkeypatch.setattr("os.getuid", lambda: 4321)
    assert len(read(machine, None).settings.site) == 1
    assert "another user" in refused(user, machine).problem


def test_the_variable_never_stands_in_for_a_file_that_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "installed.toml"
    monkeypatch.setattr(paths, "_MACHINE_FILE", installed)
    assert paths.machine_config_file() == installed
    monkeypatch.setenv(paths.MACHINE_VARIABLE, "/elsewhere.toml")
    assert paths.machine_config_file() == Path("/elsewhere.toml")
    installed.symlink_to(tmp_path / "nowhere")
    assert paths.machine_config_file() == installed
    installed.unlink()
    installed.write_text("")
    assert paths.machine_config_file() == installed


def test_where_it_is() -> None:
    assert paths._MACHINE_FILE == Path("/etc/cardbridge/config.toml")


@needs_root
def test_the_policy_follows_both_files(user: Path, machine: Path, caplog: pytest.LogCaptureFixture) -> None:
    own, city = Origin.parse("https://own.jp"), Origin.parse("https://city.jp")
    write(user, allowing("own.jp"))
    policy = ConfiguredPolicy(user, read(user, machine), machine=machine)
    assert policy.site(own) and not policy.site(city)
    write(machine, THEIRS)
    assert policy.site(own) and policy.site(city) and [d.name for d in policy.drivers()] == ["Card"]
    write(machine, "locked = ['site']\n" + THEIRS)
    for _ in range(3):
        assert not policy.site(own) and policy.site(city)
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == ["the administrator's values stand, not the user's: site[0]"]
    machine.chmod(0o666)
    assert not policy.site(own), "the last good one goes on"
    machine.chmod(0o644)
    write(machine, "")
    assert policy.site(own) and not policy.site(city)


@needs_root
def test_an_administrators_entries_cannot_be_edited(user: Path, machine: Path) -> None:
    machine.write_text(THEIRS)
    editor = Editor(user, machine)
    for edit in (
        lambda: editor.add_site(SiteSettings(origin="https://CITY.jp:443", pin="session")),
        lambda: editor.remove_site("https://city.jp"),
        lambda: editor.add_driver(DriverSettings(name="Card", path="/evil.so")),
        lambda: editor.remove_driver("Card"),
    ):
        with pytest.raises(SetByAdministrator, match="管理者が設定"):
            edit()
    assert not user.exists()
    editor.add_site(SiteSettings(origin="https://own.jp"))
    assert editor.remove_site("https://own.jp") and not editor.remove_site("no origin")


@needs_root
def test_nothing_is_added_to_a_locked_list_or_over_a_locked_value(user: Path, machine: Path) -> None:
    machine.write_text('locked = ["site", "driver", "ui.language"]\n')
    editor = Editor(user, machine)
    with pytest.raises(SetByAdministrator):
        editor.add_site(SiteSettings(origin="https://own.jp"))
    with pytest.raises(SetByAdministrator):
        editor.add_driver(DriverSettings(name="Own", path="/own.so"))
    with pytest.raises(SetByAdministrator):
        editor.set_value("ui", "language", "en")
    editor.set_value("ui", "queue", 3)
    assert read(user, machine).settings.ui.queue == 3


@needs_root
def test_nothing_is_edited_while_the_administrators_file_is_broken(user: Path, machine: Path) -> None:
    machine.write_text("[ui\n")
    with pytest.raises(ConfigurationError):
        Editor(user, machine).add_site(SiteSettings(origin="https://own.jp"))
    assert not user.exists()
