"""What goes into the Windows package: pure, and with msitools where they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.core.proposals import parse
from bridge.managed import setup
from bridge.paths import proposals_file
from installer.windows import msi, source, tables
from installer.windows.source import Content

ROOT = Path(__file__).parents[3]
needs_msitools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("wixl", "msibuild", "msiinfo")), reason="msitools are missing"
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "cardbridge"
    (folder / "_internal" / "sub").mkdir(parents=True)
    for name in ("cardbridge.exe", "cardbridgew.exe", "_internal/a.dll", "_internal/sub/b.dll"):
        (folder / name).write_text(name)
    return folder


_ON_REMOVAL = ("EndAll", "RemovePolicies", "Purge")


def content(program: Path) -> Content:
    return Content(
        program=program, version="1.2.3", icon=program.parent / "program.ico", below=program.parent
    )


def test_every_file_is_one_component_of_its_own(program: Path) -> None:
    text = source.source(content(program))
    tree = ElementTree.fromstring(text)  # noqa: S314 - our own
    spaces = {"w": "http://schemas.microsoft.com/wix/2006/wi"}
    files = [each.attrib for each in tree.iterfind(".//w:File", spaces)]
    assert text.isascii() and len(files) == 4 and all(each["KeyPath"] == "yes" for each in files)
    assert {each["Source"] for each in files} >= {"cardbridge/_internal/sub/b.dll"}
    components = [each.attrib["Id"] for each in tree.iterfind(".//w:Component", spaces)]
    referred = [each.attrib["Id"] for each in tree.iterfind(".//w:ComponentRef", spaces)]
    assert sorted(components) == sorted(referred) and len(set(components)) == len(components)


def test_names_and_numbers_are_the_same_in_every_version(program: Path) -> None:
    one, other = (re.sub("1.2.[34]", "", source.source(content(program))) for _ in range(2))
    assert one == other and source.UPGRADE_CODE in one


def test_no_other_folder_is_packed(program: Path) -> None:
    (program / "cardbridgew.exe").unlink()
    with pytest.raises(ValueError, match="not the frozen program"):
        source.source(content(program))
    (program / "cardbridgew.exe").touch()
    (program / "日本.dll").touch()
    with pytest.raises(ValueError, match="not ASCII"):
        source.source(content(program))


def test_the_program_reads_what_the_package_writes() -> None:
    assert source.SETUP == setup.PLACE
    assert {setup.SITES, setup.DRIVERS, setup.LANGUAGE} <= set(source.REMEMBERED.values())
    assert tables.SIDECAR == proposals_file().name
    assert parse((ROOT / "installer" / "windows" / tables.SIDECAR).read_bytes())


def test_what_runs_as_system_is_the_program_itself_and_takes_nothing_from_outside() -> None:
    deferred = [each for each in tables.actions() if each.kind & 2048]
    assert {each.source for each in deferred} == {source.identity(source.WITHOUT_CONSOLE)}
    assert all("REMOVE" in each.condition for each in deferred)
    assert all("NOT REINSTALL" in each.condition for each in deferred if each.name not in _ON_REMOVAL)
    assert all("[" not in each.target for each in deferred), "no property reaches its command line"
    assert all(each.kind & 63 in (18, 50, 51) for each in tables.actions()), "no script, no other library"


def test_the_order_of_what_is_done() -> None:
    at = {each.name: each.at for each in tables.actions()}
    assert at["AskToEnd"] < 1400 < at["EndAll"] < at["RemovePolicies"] < at["Purge"] < 3500
    assert 5000 < at["ApplyPolicies"] < 6600 < at["StartAgain"]
    assert len(set(at.values())) == len(at)


def test_data_is_purged_only_where_that_was_asked_for() -> None:
    (purge,) = (each for each in tables.actions() if each.name == "Purge")
    assert purge.condition == 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE AND PURGE="1"'


@needs_msitools
def test_a_package_is_made(program: Path, tmp_path: Path) -> None:
    made = msi.pack(program, tmp_path / "out" / "x.msi", "1.2.3")

    def rows(table: str) -> str:
        return subprocess.run(
            ["msiinfo", "export", str(made), table], check=True, capture_output=True
        ).stdout.decode("utf-8")

    assert "ProductName\tICカードブリッジ (IC Card Bridge)" in rows("Property")
    assert "|ICカードブリッジの設定\t" in rows("Shortcut") and "ICカードブリッジ" not in rows("File")
    assert "PURGE" in rows("Property") and "OLDSITES" in rows("Property")
    assert "\t513\t" in rows("Upgrade") and "新しい版が入っている" in rows("LaunchCondition")
    assert "AppSearch\t\t50" in rows("InstallExecuteSequence") and "\tSourceDir\t" in rows("MoveFile")
    assert "65001" in rows("_ForceCodepage")


@needs_msitools
@pytest.mark.skipif(shutil.which("osslsigncode") is None, reason="osslsigncode is missing")
def test_a_package_is_signed_and_an_edit_after_that_is_seen(program: Path, tmp_path: Path) -> None:
    made = msi.pack(program, tmp_path / "x.msi", "1.2.3")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    extensions = ["-addext", "extendedKeyUsage=codeSigning", "-addext", "keyUsage=digitalSignature"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test", "-days", "2"]
        + ["-keyout", str(key), "-out", str(certificate), *extensions],
        check=True,
        capture_output=True,
    )
    settings = {"SIGN_KEY": str(key), "SIGN_TIMESTAMP": "none"}
    settings |= dict.fromkeys(("SIGN_CERT", "SIGN_CA"), str(certificate))
    script = ROOT / "installer" / "windows" / "sign.sh"
    subprocess.run([str(script), str(made)], env=os.environ | settings, check=True, capture_output=True)
    verify = ["osslsigncode", "verify", "-in", str(made), "-CAfile", str(certificate)]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    edit = "UPDATE `Property` SET `Value` = 'Somebody' WHERE `Property` = 'Manufacturer'"
    subprocess.run(["msibuild", str(made), "-q", edit], check=True, capture_output=True)
    assert subprocess.run(verify, capture_output=True, check=False).returncode != 0
