"""What an installer was told, as the administrator's settings: written once, never over a change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge import presets
from bridge.cli import main
from bridge.config import administrators
from bridge.core.layers import merged

SITES = "https://a.example.jp=見本市電子入札; https://b.example.jp:8443 ;"
DRIVERS = "認証局のカード=/opt/issuer/lib/p11.so"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an administrator's file has to be root's")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("etc", "etc/xdg", "etc/xdg/autostart"):
        (tmp_path / folder).mkdir(mode=0o755)
    return tmp_path


def test_answers_become_tables() -> None:
    made = presets.tables(SITES, DRIVERS, "en")
    layers = merged(made, {})
    assert [(each.origin, each.name) for each in layers.settings.site] == [
        ("https://a.example.jp", "見本市電子入札"),
        ("https://b.example.jp:8443", ""),
    ]
    assert [each.path for each in layers.settings.driver] == ["/opt/issuer/lib/p11.so"]
    assert layers.settings.ui.language == "en"
    assert layers.site_source(layers.settings.site[0].parsed_origin) == "locked"
    assert not layers.is_locked("site") and not layers.is_locked("ui.language"), "users can go on from there"


def test_no_answer_is_no_file(root: Path) -> None:
    states = presets.write(presets.tables("", "", ""), has_autostart=False, root=root)
    assert set(states.values()) == {"unchanged"} and not (root / presets.CONFIGURATION).exists()


@pytest.mark.parametrize(
    ("sites", "drivers", "said"),
    [
        ("http://a.example.jp", "", "must be https"),
        ("https://a.example.jp/path", "", "origin"),
        ("https://a.example.jp; https://a.example.jp", "", "twice"),
        ("a.example.jp", "", "origin"),
        ("", "Card=lib/p11.so", "absolute"),
        ("", "NoSuchCard", "not found here"),
        ("", "A=/a.so; A=/b.so", "twice"),
    ],
)
def test_wrong_answers_are_told(sites: str, drivers: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        presets.tables(sites, drivers, "")


@as_root
def test_written_read_and_followed(root: Path) -> None:
    """What was written here is written anew when the answers change, and goes with them."""
    first = presets.write(presets.tables(SITES, "", "ja"), has_autostart=True, root=root)
    assert set(first.values()) == {"written"}
    again = presets.write(presets.tables(SITES, "", "ja"), has_autostart=True, root=root)
    assert set(again.values()) == {"unchanged"}
    tables = administrators(root / presets.CONFIGURATION)
    assert tables == presets.tables(SITES, "", "ja")
    assert "Exec=/usr/bin/cardbridge run --unless-running" in (root / presets.AUTOSTART).read_text()
    other = presets.write(presets.tables("https://c.example.jp", "", "ja"), has_autostart=False, root=root)
    assert set(other.values()) == {"written", "removed"}
    assert presets.write({}, has_autostart=True, root=root)[presets.CONFIGURATION] == "removed"
    assert not (root / presets.CONFIGURATION).exists() and (root / presets.AUTOSTART).exists()


@as_root
@pytest.mark.parametrize("name", [presets.CONFIGURATION, presets.AUTOSTART])
@pytest.mark.parametrize("change", ["edits", "deletes"])
def test_an_administrators_change_stays(root: Path, name: str, change: str) -> None:
    presets.write(presets.tables(SITES, "", "ja"), has_autostart=True, root=root)
    if change == "edits":
        (root / name).write_text((root / name).read_text() + "# mine\n")
    else:
        (root / name).unlink()
    for has_autostart in (True, False):
        states = presets.write(
            presets.tables("https://c.example.jp", "", "en"), has_autostart=has_autostart, root=root
        )
        assert states[name] == "kept"
    if change == "edits":
        assert (root / name).read_text().endswith("# mine\n")
    else:
        assert not (root / name).exists()


@as_root
def test_a_file_that_was_there_before_is_an_administrators(root: Path) -> None:
    file = root / presets.CONFIGURATION
    file.parent.mkdir(mode=0o755)
    file.write_text('[ui]\nlanguage = "en"\n')
    states = presets.write(presets.tables(SITES, "", "ja"), has_autostart=True, root=root)
    assert states[presets.CONFIGURATION] == "kept"
    assert file.read_text() == '[ui]\nlanguage = "en"\n'


def test_the_command_says_what_it_did(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["policy", "preset", "--root", str(root), "--sites", SITES, "--autostart", "off"]
    assert main(command) == 0
    assert "/etc/cardbridge/config.toml\t書き込みました" in capsys.readouterr().out
    assert main(["policy", "preset", "--root", str(root), "--sites", "http://a.example.jp"]) == 1
    assert "must be https" in capsys.readouterr().err
