"""What the packages ship: pinned with hashes, under accepted licences, and two builds alike."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "installer" / "requirements.lock"
LOCKS = sorted([*ROOT.glob("*.lock"), *ROOT.glob("installer/**/*.lock"), *ROOT.glob("tests/**/*.lock")])


@pytest.fixture
def supply() -> Any:
    from installer.supply import audit, licences, shipped

    return SimpleNamespace(audit=audit, licences=licences, shipped=shipped)


def entries(lock: Path) -> dict[str, str]:
    """Name to the whole entry of a lock."""
    text = re.sub(r"^\s*#.*$", "", lock.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return {line.split("==")[0].strip().lower(): line for line in text.splitlines() if "==" in line}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_line_of_a_lock_has_one_version_and_hashes(lock: Path) -> None:
    found = entries(lock)
    assert found
    for name, entry in found.items():
        assert re.search(r"==[^ ]+", entry) and "--hash=sha256:" in entry, name
    assert not re.search(r"https?://|^-e |git\+", lock.read_text("utf-8"), re.MULTILINE)


def test_the_lock_has_what_the_program_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = entries(LOCK)
    for requirement in map(Requirement, project["dependencies"]):
        entry = found[requirement.name.lower()]
        version = re.search(r"==([^ ;]+)", entry)
        assert version and requirement.specifier.contains(version[1]), requirement


def test_everything_in_the_lock_may_be_shipped(supply: Any) -> None:
    here = 0
    for name in entries(LOCK):
        try:
            licence = supply.licences.of_distribution(metadata.distribution(name))
            here += 1
        except metadata.PackageNotFoundError:  # another system's: what the table says
            licence = supply.licences.TABLE["distributions"].get(name, "")
        assert supply.licences.acceptable(licence), (name, licence)
    assert here > 20


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-or-later", False),
        ("LicenseRef-Proprietary", False),
        ("", False),
    ],
)
def test_what_may_be_shipped(supply: Any, expression: str, may: bool) -> None:
    assert supply.licences.acceptable(expression) is may


def test_a_library_that_nobody_has_looked_at_stops_the_build(supply: Any) -> None:
    Library, Shipped = supply.shipped.Library, supply.shipped.Shipped
    known, unknown = Library("libX11.so.6", "00"), Library("libreadline.so.8", "00")
    assert supply.licences.refused(Shipped(libraries=[known])) == []
    assert supply.licences.refused(Shipped(libraries=[known, unknown])) == [
        "libreadline.so.8: no licence known"
    ]


def test_a_version_that_nobody_could_be_asked_about_is_not_called_clean(supply: Any) -> None:
    clean = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}]}
    skipped = {"name": "c", "skip_reason": "not found"}

    def report(*found: object) -> tuple[str, bool]:
        return tuple(supply.audit.report("x.lock", json.dumps({"dependencies": found}), ""))

    assert report(clean) == ("audit: x.lock: 1 of 1 versions checked, 0 with advisories", False)
    text, found = report(clean, bad)
    assert found and "  b 2: PYSEC-1" in text
    text, found = report(clean, skipped)
    assert not found and "1 of 2" in text and "NOT RUN for 1" in text
    assert "NOT RUN: no route" in supply.audit.report("x.lock", "", "Traceback\nno route")[0]


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_two_builds_are_equal_bytes(tmp_path: Path, kind: str) -> None:
    """Other folder, other time, other umask, other order of creation, other hash seed."""
    digests = []
    for index, (name, umask, zone) in enumerate([("a", 0o022, "UTC"), ("b/longer", 0o077, "Asia/Tokyo")]):
        tree, out = tmp_path / name, tmp_path / f"out{index}"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "bridge", tree / "bridge", ignore=ignored, copy_function=shutil.copyfile)
        for file in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore"):
            shutil.copyfile(ROOT / file, tree / file)
        for path in [*tree.rglob("*"), tree]:
            os.utime(path, (1_700_000_000 + index * 86_400,) * 2)
            path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(index + 1)}
        environment.pop("SOURCE_DATE_EPOCH", None)
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
        subprocess.run(command, cwd=tree, env=environment, umask=umask, check=True, capture_output=True)
        (built,) = out.iterdir()
        digests.append((built.name, hashlib.sha256(built.read_bytes()).hexdigest()))
    assert digests[0] == digests[1]
