"""The Ansible playbook of the fleet guide in a clean root: everything once, then nothing more to change."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packages.roots import Root

pytestmark = [pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(1500)]

FLEET = Path(__file__).parents[2] / "installer" / "fleet"
POLICY = "etc/chromium/policies/managed/cardbridge.json"
_RECAP = re.compile(r"^localhost +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 ", re.MULTILINE)


def play(root: Root, deb: Path, *options: str) -> int:
    """How many tasks changed something; none failed."""
    folder = root.share / "fleet"
    done = root.run(
        "ansible-playbook", "-i", "localhost,", "-c", "local", str(folder / "playbook.yml"),
        "-e", f"package={folder / deb.name}", *options,
        env={"LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    found = _RECAP.search(done.stdout)
    assert found is not None, done.stdout
    return int(found[1])


def sites(root: Root) -> list[str]:
    found = json.loads((root.place / POLICY).read_text())["LoopbackNetworkAllowedForUrls"]
    return [str(each) for each in found]


def test_rolled_out_changed_and_taken_away(root: Callable[..., Root], deb: Path) -> None:
    here = root("bookworm", "ansible-core", "python3-apt", "debconf-utils")
    before = here.files()
    folder = here.share / "fleet"
    shutil.copytree(FLEET, folder)
    shutil.copy(deb, folder)
    assert play(here, deb) > 0
    assert sites(here) == ["https://ebid.example.jp:443"]
    shown = here.run("cardbridge", "policy", "show", "--json").stdout
    assert "かごしま県市町村電子入札システム" in shown and "OpenSC" in shown
    assert play(here, deb) == 0

    configuration = folder / "sites.toml"
    more = '[[site]]\norigin = "https://other.example.jp"\n\n[[driver]]'
    configuration.write_text(configuration.read_text("utf-8").replace("[[driver]]", more), "utf-8")
    assert play(here, deb) == 2, "the configuration, and the browsers' policies"
    assert sites(here) == ["https://ebid.example.jp:443", "https://other.example.jp:443"]
    assert play(here, deb) == 0

    assert play(here, deb, "-e", "wanted=absent") > 0
    assert play(here, deb, "-e", "wanted=absent") == 0
    left = {path for path in here.files().keys() - before.keys() if "cardbridge" in path}
    assert left == set() and not (here.place / POLICY).exists()
