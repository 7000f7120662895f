"""`cardbridge policy`: the verbs as an administrator types them."""

import json
import os
import plistlib
from pathlib import Path

import pytest

from bridge import paths, policyview
from bridge.cli import main

CITY, OWN = "https://city.example.jp", "https://own.example.jp"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that are root's")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "etc/cardbridge"
    folder.mkdir(parents=True)
    for each in (tmp_path / "etc", folder):
        each.chmod(0o755)
    (folder / "config.toml").write_text(
        f'locked = ["ui.language"]\n[ui]\nqueue = 3\n[[site]]\norigin = "{CITY}"\n'
        '[[site]]\norigin = "http://localhost:8000"\n'
    )
    (folder / "config.toml").chmod(0o644)
    return tmp_path


@needs_root
def test_apply_and_remove(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "apply", "--root", str(root)]) == 0
    told = capsys.readouterr().out
    assert (
        told.count(f"{CITY}:443") == 3 and "localhost" not in told and "利用者が自分で許可したサイト" in told
    )
    (root / "etc/cardbridge/config.toml").write_text("")
    assert main(["policy", "apply", "--root", str(root)]) == 0
    assert not (root / "etc/chromium").exists()
    assert main(["policy", "remove", "--root", str(root)]) == 0
    assert not (root / "var/lib/cardbridge").exists()


@needs_root
def test_trouble_is_said_and_is_the_exit_code(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "etc/firefox").symlink_to(root)
    assert main(["policy", "apply", "--root", str(root)]) == 1
    assert "リンク" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["apply", "remove"])
def test_only_root(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(["policy", verb]) == 1
    assert f"sudo cardbridge policy {verb}" in capsys.readouterr().err


@needs_root
def test_show_says_where_each_value_comes_from(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine, user = root / "etc/cardbridge/config.toml", tmp_path / "user.toml"
    user.write_text(f'[ui]\nlanguage = "en"\ntimeout_s = 60\n[[site]]\norigin = "{OWN}"\n')
    monkeypatch.setattr(paths, "machine_config_file", lambda: machine)
    assert main(["policy", "show", "--json", "--config", str(user)]) == 0
    shown = json.loads(capsys.readouterr().out)
    found = {each["key"]: (each["value"], each["source"], each["place"]) for each in shown["values"]}
    assert found["ui.queue"] == (3, "administrator", f"{machine}:3")
    assert found["ui.language"] == ("ja", "locked", f"{machine}:1")
    assert found["ui.timeout_s"] == (60, "user", f"{user}:3")
    assert found["server.max_silent"] == (32, "default", "")
    sites = {each["value"]["origin"]: each for each in shown["values"] if each["key"] == "site"}
    assert (sites[CITY]["source"], sites[CITY]["place"]) == ("locked", f"{machine}:4")
    assert (sites[OWN]["source"], sites[OWN]["place"]) == ("user", f"{user}:4")
    assert shown["ignored"] == [f"{user}: ui.language"]
    assert main(["policy", "show", "--config", str(user)]) == 0
    assert f"管理者（変更可） / administrator\t{machine}:3" in capsys.readouterr().out


@needs_root
def test_show_says_what_browsers_do(root: Path, tmp_path: Path) -> None:
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/chromium").touch()
    user = tmp_path / "user.toml"
    user.write_text(f'[[site]]\norigin = "{OWN}"\n')
    main(["policy", "apply", "--root", str(root)])
    report = policyview.report(user, root / "etc/cardbridge/config.toml", root)
    (chromium,) = report["browsers"]
    assert chromium["access"] == {CITY: "allowed", OWN: "asks"}
    assert "確認なし" in policyview.as_text(report)


@needs_root
def test_a_profile_for_macos(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "machine_config_file", lambda: root / "etc/cardbridge/config.toml")
    file = tmp_path / "browsers.mobileconfig"
    assert main(["policy", "profile", str(file)]) == 0
    payloads = {each["PayloadType"]: each for each in plistlib.loads(file.read_bytes())["PayloadContent"]}
    assert payloads["com.google.Chrome"]["LoopbackNetworkAllowedForUrls"] == [f"{CITY}:443"]
    assert payloads["org.mozilla.firefox"]["LocalNetworkAccess"] == {"SkipDomains": ["city.example.jp"]}
    assert len({each["PayloadUUID"] for each in payloads.values()}) == 4
    assert main(["policy", "profile", str(file)]) == 1


def test_templates_are_written(tmp_path: Path) -> None:
    assert main(["policy", "templates", "--out", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new/ja-JP/cardbridge.adml").exists()
