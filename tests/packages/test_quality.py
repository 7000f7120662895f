"""What Debian's own judges say of the package: lintian of two releases, and piuparts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packages import roots
from tests.packages.test_deb import MakeRoot, suites

pytestmark = [pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(1500)]

LINTIAN = ("lintian", "--allow-root", "--display-info", "--fail-on", "error,warning,info")


def test_lintian_of_this_machine_is_silent(deb: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    done = subprocess.run([*LINTIAN, deb], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_lintian_of_trixie_is_silent(root: MakeRoot, deb: Path) -> None:
    here = root("trixie", "lintian")
    (here.share / deb.name).write_bytes(deb.read_bytes())
    done = here.run(*LINTIAN, str(here.share / deb.name), check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@suites
def test_piuparts_is_content(suite: str, deb: Path, tmp_path: Path) -> None:
    """Installed and purged, nothing stays and nothing of others is changed."""
    if (missing := roots.missing_piece()) is not None:
        pytest.skip(missing)
    if shutil.which("piuparts") is None:
        pytest.skip("piuparts is not installed")
    command: list[str | Path] = [
        "unshare", "--mount", "piuparts", "--basetgz", roots.base_archive(suite), "--distribution", suite,
        "--mirror", f"{roots.mirror()} main", "--no-upgrade-test", "--warn-on-others",
        "--tmpdir", tmp_path, deb,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "PASS: All tests." in done.stdout
