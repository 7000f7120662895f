"""The tarball for other distributions, in a clean root: one user, no root, nothing left of it afterwards."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.packages import office
from tests.packages.conftest import Town
from tests.packages.roots import CLERK, Root
from tests.packages.test_deb import DESK, MakeRoot, signs, suites, until

pytestmark = [pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(1200)]

LIBRARIES = ("libpcsclite1", "libssl3", "libxcb1")
HOME = f"home/{CLERK}"
PLACE = f"/{HOME}/.local/lib/cardbridge"


def unpacked(root: Root, tarball: Path) -> str:
    """The folder with install.sh."""
    subprocess.run(["tar", "-C", root.share, "-xf", tarball], check=True)
    return str(root.share / tarball.name.removesuffix(".tar.gz"))


def files_of(root: Root) -> set[str]:
    """What lies in the clerk's home, but for empty folders."""
    return {str(path) for path in (root.place / HOME).rglob("*") if not path.is_dir() or path.is_symlink()}


@contextmanager
def running(root: Root, town: Town, env: dict[str, str]) -> Iterator[str]:
    """The clerk's daemon, started from his own folder; its address."""
    with office.daemon(root, town.screen, env, program=f"/{HOME}/.local/bin/cardbridge") as daemon:
        assert daemon.program == f"{root.place}{PLACE}/cardbridge"
        yield daemon.url


@suites
def test_installed_used_renewed_and_removed(suite: str, root: MakeRoot, tarball: Path, town: Town) -> None:
    here = root(suite, *DESK)
    here.install(*LIBRARIES)
    before = files_of(here)
    folder = unpacked(here, tarball)
    here.run(f"{folder}/install.sh", user=CLERK)
    for verb, said in (("autostart", "オン"), ("url-scheme", "オン")):
        assert said in here.run(f"{PLACE}/cardbridge", verb, "status", user=CLERK).stdout
    menu = (here.place / HOME / ".local/share/applications/cardbridge.desktop").read_text()
    assert f'Exec="{PLACE}/cardbridge" run\n' in menu
    rules = f'[[site]]\norigin = "{PUBLIC_ORIGIN}"\n[[driver]]\nname = "SoftHSM2"\npath = "{office.DRIVER}"\n'
    office.configure_ports(here, town.ports, rules)
    env = office.token(here, town.sample, town.pin)
    with running(here, town, env) as url:
        asyncio.run(signs(url, town))
        runtime = here.place / HOME / ".local/state/cardbridge/runtime.json"
        old = json.loads(runtime.read_text())["pid"]
        here.run(f"{folder}/install.sh", user=CLERK, env={**town.screen.env, **env})
        until(lambda: runtime.exists() and json.loads(runtime.read_text())["pid"] != old)
        asyncio.run(signs(url, town))
    here.run(f"{PLACE}/uninstall.sh", "--purge", user=CLERK)
    assert not runtime.exists()
    assert files_of(here) == before


def test_missing_libraries_are_named(root: MakeRoot, tarball: Path) -> None:
    here = root("trixie")
    before = files_of(here)
    done = here.run(f"{unpacked(here, tarball)}/install.sh", user=CLERK, check=False)
    assert done.returncode == 1
    assert "libpcsclite.so.1" in done.stderr and "libxcb.so.1" in done.stderr
    assert files_of(here) == before


def test_root_is_sent_away(root: MakeRoot, tarball: Path) -> None:
    here = root("bookworm")
    done = here.run(f"{unpacked(here, tarball)}/install.sh", check=False)
    assert done.returncode == 1 and "not as root" in done.stderr
