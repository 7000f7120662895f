"""The Linux packages' definitions: what belongs together. What the packages do: tests/packages."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bridge import __version__, presets, upgrade
from bridge.children import CHILDREN
from bridge.core.settings import Settings
from installer import packages
from installer.bundle import build as bundle
from installer.linux import deb

LINUX = bundle.ROOT / "installer" / "linux"
DEBIAN = LINUX / "debian"
SCRIPTS = sorted(
    [*DEBIAN.glob("cardbridge.p*"), DEBIAN / "cardbridge.config", *(LINUX / "tarball").glob("*.sh")]
)


def test_every_package_has_this_version() -> None:
    assert bundle.version() == __version__
    assert deb.debian_version(__version__) in deb._changelog(deb.debian_version(__version__), 0)


@pytest.mark.parametrize(
    ("version", "debian"),
    [("0.1.0", "0.1.0"), ("0.2.0rc1", "0.2.0~rc1"), ("0.2.0.dev3", "0.2.0~dev3"), ("1.0a2", "1.0~a2")],
)
def test_debian_orders_versions_as_python_does(version: str, debian: str) -> None:
    assert deb.debian_version(version) == debian


def test_questions_are_asked_answered_and_translated() -> None:
    templates = (DEBIAN / "cardbridge.templates").read_text()
    asked = set(re.findall(r"^Template: cardbridge/(\S+)$", templates, re.MULTILINE))
    assert asked == set(
        re.findall(r"db_input \w+ cardbridge/(\S+)", (DEBIAN / "cardbridge.config").read_text())
    )
    assert asked == set(re.findall(r"answer ([a-z-]+)", (DEBIAN / "cardbridge.postinst").read_text()))
    choices = re.search(r"Template: cardbridge/language\n.*\nChoices: (.*)\nDefault: (.*)\n", templates)
    assert choices is not None and choices[1] == "ja, en" and choices[2] == Settings().ui.language
    words = (DEBIAN / "po" / "ja.po").read_text("utf-8")
    assert 'msgstr ""\n\n' not in words and "fuzzy" not in words
    for line in re.findall(r"^_Description: (.*)$", templates, re.MULTILINE):
        assert f'msgid "{line}"' in words, line


def test_scripts_name_what_the_program_writes() -> None:
    """Purging takes away exactly what answers have made; the upgrade's marker is one and the same."""
    purge = (DEBIAN / "cardbridge.postrm").read_text()
    for name in (presets.CONFIGURATION, presets.AUTOSTART, presets.MEMORY):
        assert f"/{name}" in purge
    for script in ("prerm", "postinst"):
        assert f"MARKER={upgrade.MARKER}\n" in (DEBIAN / f"cardbridge.{script}").read_text()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shell_reads_the_scripts(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)


def test_children_and_data_are_in_the_bundle_by_definition() -> None:
    """The specification takes them from the program itself, so that none can be forgotten."""
    spec = (bundle.ROOT / "installer" / "bundle" / "cardbridge.spec").read_text()
    assert "CHILDREN.values()" in spec and 'collect_submodules("bridge")' in spec
    suffixes = {
        path.suffix
        for path in (bundle.ROOT / "bridge").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "py.typed"
    }
    assert suffixes <= set(re.findall(r'"\*\*/\*(\.\w+)"', spec)), "data of a new kind: name it in the spec"
    assert all(module.startswith("bridge.") for module in CHILDREN.values())


def test_what_cannot_be_built_here_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = packages.Step(name="elsewhere", module="nowhere", system="win32")
    toolless = packages.Step(name="toolless", module="nowhere", tools=("no-such-tool-here",))
    monkeypatch.setattr(packages, "STEPS", (elsewhere, toolless))
    assert packages.main() == 0
    out = capsys.readouterr().out
    assert "NOT BUILT  only on win32" in out and "NOT BUILT  not installed: no-such-tool-here" in out
