"""The definitions of the macOS package, as far as another system can check them: none has ever run."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from bridge import __main__, __version__, autostart
from bridge.core.names import NAMES
from bridge.managed.preferences import DOMAIN

ROOT = Path(__file__).parents[2]
HERE = ROOT / "installer" / "macos"
SPEC = (ROOT / "installer/bundle/cardbridge.spec").read_text("utf-8")
SCRIPTS = sorted([*HERE.glob("*.sh"), *(HERE / "scripts").iterdir()])
APP = "/Applications/ICCardBridge.app"


def plist(name: str) -> dict[str, Any]:
    return dict(plistlib.loads((HERE / name).read_bytes()))


def names(path: Path) -> dict[str, str]:
    return dict(re.findall(r'^"(\w+)" = "(.*)";$', path.read_text("utf-8"), re.MULTILINE))


def test_the_agent_starts_the_program_of_the_bundle() -> None:
    agent = plist("cardbridge.plist")
    program = f"{APP}/Contents/MacOS/cardbridge"
    assert agent["ProgramArguments"] == [program, "run", "--unless-running"]
    assert agent["RunAtLoad"] is True and "KeepAlive" not in agent, "who quits it wants it to stay so"
    assert 'name="ICCardBridge.app"' in SPEC and 'NAME = "cardbridge"' in SPEC
    assert f"PROGRAM={program}" in (HERE / "scripts/running.sh").read_text()
    assert plistlib.loads(autostart._agent_text()).keys() <= agent.keys(), "the user's own says no more"


def test_one_identifier_everywhere() -> None:
    identifiers = {
        plist("cardbridge.plist")["Label"],
        plist("cardbridge.plist")["AssociatedBundleIdentifiers"],
        *re.findall(r'bundle_identifier="([^"]+)"', SPEC),
        *re.findall(r"--identifier (\S+)", (HERE / "build.sh").read_text()),
        *re.findall(r"pkgutil --forget (\S+)", (HERE / "scripts/uninstall.sh").read_text()),
        DOMAIN,
    }
    assert identifiers == {"cardbridge"}


def test_the_bundle_takes_the_scheme_and_stays_out_of_the_dock() -> None:
    info = plist("Info.plist")
    (kind,) = info["CFBundleURLTypes"]
    assert kind["CFBundleURLSchemes"] == ["cardbridge"] and info["LSUIElement"] is True
    assert set(info["CFBundleLocalizations"]) == {file.name[:2] for file in (HERE / "strings").iterdir()}
    assert "version=__version__" in SPEC


@pytest.mark.parametrize("language", ["ja", "en"])
def test_names_and_texts_are_there_in_both_languages(language: str) -> None:
    name = NAMES["ja" if language == "ja" else "en"]["program"]
    shown = names(HERE / f"strings/{language}.lproj/InfoPlist.strings")
    assert shown == {"CFBundleName": name, "CFBundleDisplayName": name}
    resources = HERE / f"resources/{language}.lproj"
    assert names(resources / "Localizable.strings") == {"ICCARDBRIDGE_TITLE": name}
    assert name in (resources / "welcome.txt").read_text("utf-8")


def test_the_distribution_names_files_that_are_there() -> None:
    tree = ElementTree.parse(HERE / "distribution.xml").getroot()  # noqa: S314 - our own file
    assert tree.tag == "installer-gui-script" and tree.attrib["minSpecVersion"] == "2"
    packages = [each for each in tree.iter("pkg-ref") if each.text]
    assert [(each.text, each.attrib) for each in packages] == [
        ("cardbridge.pkg", {"id": "cardbridge", "version": "@VERSION@"})
    ]
    choices = {each.attrib["id"] for each in tree.iter("choice")}
    assert choices == {each.attrib["choice"] for each in tree.iter("line")}
    assert {each.attrib["id"] for each in tree.iter("pkg-ref")} == {"cardbridge"}
    for file in (str(each.attrib["file"]) for name in ("welcome", "license") for each in tree.iter(name)):
        assert (HERE / "resources/ja.lproj" / file).is_file() or (ROOT / file).is_file()
    oldest = [each.attrib["min"] for each in tree.iter("os-version")]
    assert oldest == [plist("Info.plist")["LSMinimumSystemVersion"]]


def test_the_version_is_the_programs() -> None:
    """build.sh asks the module that every package asks."""
    text = (HERE / "build.sh").read_text()
    command = re.search(r"VERSION=\$\(\"\$PYTHON\" -c '(.*)'\)", text)
    assert command is not None
    told = subprocess.run([sys.executable, "-c", command[1]], cwd=ROOT, capture_output=True, check=True)
    assert told.stdout.decode().strip() == __version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["hatch"]["version"]["path"] == "bridge/__init__.py"


def test_entitlements_are_no_more_than_drivers_and_readers_need() -> None:
    assert plist("cardbridge.entitlements") == {
        "com.apple.security.cs.disable-library-validation": True,
        "com.apple.security.smartcard": True,
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_scripts_are_scripts_and_say_that_they_have_not_run(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)
    assert script.stat().st_mode & 0o111 and "ever run" in script.read_text("utf-8")
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "-x", script], cwd=ROOT, check=True)


def test_the_scripts_find_each_other_where_they_are_put() -> None:
    for name in ("preinstall", "postinstall", "uninstall.sh"):
        assert '. "$(dirname "$0")/running.sh"' in (HERE / "scripts" / name).read_text()
    assert 'cp "$HERE/scripts/uninstall.sh" "$HERE/scripts/running.sh"' in (HERE / "build.sh").read_text()


def test_finder_starts_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["cardbridge"])
    assert __main__.arguments() == []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert __main__.arguments() == ["run", "--unless-running"]
    monkeypatch.setattr(sys, "argv", ["cardbridge", "doctor"])
    assert __main__.arguments() == ["doctor"]


def test_the_users_word_against_the_machines_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    disabled = ['\t"other" => disabled\n']

    def launchctl(command: list[str], **_: object) -> SimpleNamespace:
        asked.append(command[1:])
        return SimpleNamespace(returncode=0, stdout="".join(disabled), stderr="")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(autostart, "_MACHINE_AGENT", tmp_path / "machine.plist")
    monkeypatch.setattr(autostart, "_agent", lambda: tmp_path / "user.plist")
    monkeypatch.setattr(subprocess, "run", launchctl)
    assert not autostart.is_on() and asked == []
    (tmp_path / "machine.plist").touch()
    assert autostart.is_on()
    autostart.turn_off()
    assert asked[-1][0] == "disable" and asked[-1][1].endswith("/cardbridge")
    disabled.append('\t"cardbridge" => disabled\n')
    assert not autostart.is_on()
    autostart.turn_on()
    assert asked[-1][0] == "enable" and not (tmp_path / "user.plist").exists()
