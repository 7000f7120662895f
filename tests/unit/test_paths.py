"""Where things are kept, and that they are the owner's alone."""

import os
import stat
from pathlib import Path

import pytest

from bridge import cli, paths


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "CARDBRIDGE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_everything_is_in_the_users_home(home: Path) -> None:
    assert paths.config_file() == home / ".config" / "cardbridge" / "config.toml"
    for path in (paths.state_folder(), paths.log_folder(), paths.runtime_file()):
        assert path.is_relative_to(home) and "cardbridge" in path.parts
    assert paths.runtime_file() == paths.state_folder() / "runtime.json"


def test_the_environment_names_other_places(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x/config")
    monkeypatch.setenv("XDG_STATE_HOME", "/x/state")
    assert paths.config_file() == Path("/x/config/cardbridge/config.toml")
    assert paths.runtime_file() == Path("/x/state/cardbridge/runtime.json")
    monkeypatch.setenv(paths.CONFIG_VARIABLE, "/y/own.toml")
    assert paths.config_file() == Path("/y/own.toml")
    monkeypatch.setenv(paths.CONFIG_VARIABLE, "")
    assert paths.config_file() == Path("/x/config/cardbridge/config.toml")


def test_a_private_folder_is_made_and_tightened(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert paths.private_folder(folder) == folder and mode(folder) == 0o700
    folder.chmod(0o755)
    paths.private_folder(folder)
    assert mode(folder) == 0o700


def test_a_link_is_no_private_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError):
        paths.private_folder(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_folder_is_no_private_folder(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 4321, 4321)
    with pytest.raises(PermissionError):
        paths.private_folder(folder)


def test_a_file_in_its_place_is_no_private_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        paths.private_folder(tmp_path / "file")


def test_written_privately_and_completely(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file"
    paths.write_private(file, b"one")
    assert file.read_bytes() == b"one" and mode(file) == 0o600 and mode(file.parent) == 0o700
    file.chmod(0o644)
    paths.write_private(file, b"two")
    assert file.read_bytes() == b"two" and mode(file) == 0o600
    assert os.listdir(file.parent) == ["file"]


def test_a_reader_with_the_file_open_keeps_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    paths.write_private(file, b"old")
    with file.open("rb") as reader:
        paths.write_private(file, b"new content")
        assert reader.read() == b"old"


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    paths.write_private(file, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        paths.write_private(file, b"new")
    assert file.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


def test_what_was_left_by_a_process_that_was_killed_goes_with_the_next_write(tmp_path: Path) -> None:
    """Not what somebody is just writing, nor another file's."""
    kept = [".other.abcd1234", ".file.abcd1234.toml", ".file.longer_than_that", ".file"]
    for name in (".file.abcd1234", ".file.x_y_z_12", *kept):
        (tmp_path / name).write_text("torn")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".file.new_12_4").write_text("half")
    paths.write_private(tmp_path / "chosen", b"", is_chosen=True)
    paths.write_private(tmp_path / "file", b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, ".file.new_12_4", "chosen", "file"])


@pytest.mark.parametrize("wrong", ["", "relative", "./here"])
def test_a_folder_that_is_not_absolute_is_as_if_it_were_not_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", wrong)
    monkeypatch.delenv("CARDBRIDGE_CONFIG", raising=False)
    assert paths.config_file() == tmp_path / ".config" / "cardbridge" / "config.toml"
    assert paths.state_folder() == tmp_path / ".local" / "state" / "cardbridge"
    assert paths.log_folder().is_relative_to(tmp_path)
    assert paths.autostart_file().is_relative_to(tmp_path / ".config")
    assert paths.url_entry_file().is_relative_to(tmp_path / ".local" / "share")


def test_what_is_planted_in_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    """Neither a link, nor a pipe that nobody writes to, for which the daemon's start would wait for ever."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    assert paths.read_private(tmp_path / "file", 3) == b"123"
    assert paths.read_private(tmp_path / "pipe", 3) == b""
    for name in ("link", "nothing", "."):
        with pytest.raises(OSError):
            paths.read_private(tmp_path / name, 3)


def test_a_saved_file_replaces_no_other(home: Path) -> None:
    home.mkdir(exist_ok=True)
    made = []
    for _ in range(3):
        made.append(paths.new_file("report", ".zip"))
        made[-1].symlink_to(home / "nowhere")
    assert len(set(made)) == 3 and all(file.parent == home and file.suffix == ".zip" for file in made)


def test_without_a_home_folder_nothing_is_put_where_one_stands(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As for a user id that no file of users knows."""
    monkeypatch.chdir(home)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    for arguments in (["sites", "list"], ["run", "--no-tray"], ["autostart", "on"], ["doctor", "--json"]):
        assert cli.main(arguments) == 1
        assert "set HOME" in capsys.readouterr().err
    assert not list(home.iterdir())
