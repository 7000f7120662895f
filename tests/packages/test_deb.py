"""The Debian package in clean roots: installed, used by a clerk, upgraded, purged without a trace."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.contract_client import Client, connected
from tests.e2e.test_contract import nonce, verify_token
from tests.packages import office, roots
from tests.packages.conftest import Town
from tests.packages.roots import CLERK, CLERK_ID, Root

pytestmark = [pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(1500)]

DESK = ("ca-certificates", "fonts-noto-cjk", "procps", "softhsm2")
MakeRoot = Callable[..., Root]
suites = pytest.mark.parametrize("suite", roots.SUITES)


def answers(**more: str) -> dict[str, str]:
    given = {"sites": f"{PUBLIC_ORIGIN}=見本市電子入札", "drivers": f"SoftHSM2={office.DRIVER}"}
    return {**given, "language": "ja", "autostart": "true", "browser_policy": "true", **more}


def ready(root: Root, deb: Path) -> dict[str, str]:
    """What the package depends on, installed; the files of the root without the package."""
    wanted = subprocess.run(
        ["dpkg-deb", "-f", deb, "Depends"], capture_output=True, text=True, check=True
    ).stdout
    root.run("apt-get", "satisfy", "-y", "-q", "--no-install-recommends", wanted.strip())
    return root.files()


@suites
def test_installed_used_and_purged_without_a_trace(suite: str, root: MakeRoot, deb: Path, town: Town) -> None:
    here = root(suite, *DESK)
    before = ready(here, deb)
    office.preset(here, **answers())
    office.install(here, deb)
    office.configure_ports(here, town.ports)
    with office.daemon(here, town.screen, office.token(here, town.sample, town.pin)) as daemon:
        status = Path(f"/proc/{daemon.pid}/status").read_text()
        assert f"Uid:\t{CLERK_ID}\t{CLERK_ID}" in status
        assert daemon.program == f"{here.place}{office.PROGRAM}"
        asyncio.run(signs(daemon.url, town))
        said = here.run("cardbridge", "doctor", "--json", user=CLERK, env=town.screen.env, check=False)
        states = {each["id"]: each["state"] for each in json.loads(said.stdout)["findings"]}
        assert {states[each] for each in ("program", "config", "daemon", "owner", "autostart")} == {"ok"}, (
            states
        )
    office.purge(here)
    after = here.files()
    assert {name: after.get(name) for name in after | before if after.get(name) != before.get(name)} == {}


async def signs(url: str, town: Town) -> None:
    """A login token by the clerk's program, the PIN typed into the window."""
    with office.as_user(CLERK_ID):
        context = connected(url, PUBLIC_ORIGIN)
        client = await context.__aenter__()
    try:
        await _token(client, town)
    finally:
        await context.__aexit__(None, None, None)


async def _token(client: Client, town: Town) -> None:
    challenge = nonce()
    id = await client.send("auth.getToken", challengeNonce=challenge)
    await client.until(id, "waitingForUser")
    await asyncio.to_thread(town.screen.wait_for_window)
    await asyncio.to_thread(town.screen.type_text, town.pin)
    await asyncio.to_thread(town.screen.press, "Return")
    answer: dict[str, Any] = await client.response(id)
    verify_token(answer["result"]["token"], PUBLIC_ORIGIN, challenge)


def newer(deb: Path, folder: Path) -> Path:
    """The same package as the version after this one."""
    place = folder / "newer"
    subprocess.run(["dpkg-deb", "-R", deb, place], check=True)
    control = place / "DEBIAN/control"
    version = subprocess.run(
        ["dpkg-deb", "-f", deb, "Version"], capture_output=True, text=True, check=True
    ).stdout
    control.write_text(control.read_text().replace(f"Version: {version}", f"Version: {version.strip()}+1\n"))
    made = folder / "newer.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "-b", place, made], check=True, stdout=subprocess.DEVNULL
    )
    return made


def test_an_upgrade_lets_the_daemon_go_on_and_keeps_what_was_changed(
    root: MakeRoot, deb: Path, town: Town, tmp_path: Path
) -> None:
    here = root("bookworm", *DESK)
    office.preset(here, **answers())
    office.install(here, deb)
    office.configure_ports(here, town.ports)
    machine = here.place / "etc/cardbridge/config.toml"
    machine.write_text(machine.read_text() + "# an administrator's note\n")
    edited = machine.read_text()
    with office.daemon(here, town.screen, office.token(here, town.sample, town.pin)) as daemon:
        old = started(daemon.pid)
        asyncio.run(signs(daemon.url, town))
        office.install(here, newer(deb, tmp_path))
        assert not (here.place / "run/cardbridge-upgrade").exists()
        until(lambda: serves(here))
        assert daemon.program == f"{here.place}{office.PROGRAM}", "in the same session, by the same process"
        assert started(daemon.pid) == old
        asyncio.run(signs(daemon.url, town))
    assert machine.read_text() == edited
    here.run("dpkg-reconfigure", "-f", "noninteractive", "cardbridge")
    assert machine.read_text() == edited


def started(pid: int) -> str:
    """When the process began: its number may be another's later, both together not."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def serves(here: Root) -> bool:
    return (here.place / f"home/{CLERK}/.local/state/cardbridge/runtime.json").exists()


def until(condition: Callable[[], bool], patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_answers_become_settings_and_follow_the_answers(root: MakeRoot, deb: Path) -> None:
    here = root("bookworm", *DESK)
    chromium = here.place / "etc/chromium/policies/managed/cardbridge.json"
    autostart = here.place / "etc/xdg/autostart/cardbridge.desktop"
    theirs = here.place / "etc/firefox/policies/policies.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text('{"policies": {"DisableTelemetry": true}}')
    office.preset(here, **answers())
    office.install(here, deb)
    shown = json.loads(here.run("cardbridge", "policy", "show", "--json", user=CLERK).stdout)
    assert PUBLIC_ORIGIN in json.dumps(shown) and "見本市電子入札" in json.dumps(shown, ensure_ascii=False)
    assert json.loads(chromium.read_text()) == {"LoopbackNetworkAllowedForUrls": [f"{PUBLIC_ORIGIN}:443"]}
    assert "portal.example.jp" in theirs.read_text() and "DisableTelemetry" in theirs.read_text()
    assert "Exec=/usr/bin/cardbridge run --unless-running" in autostart.read_text()
    again = answers(sites="https://other.example.jp", autostart="false", language="en")
    office.preset(here, **again)
    here.run("dpkg-reconfigure", "-f", "noninteractive", "cardbridge")
    assert (
        "https://other.example.jp:443" in chromium.read_text() and PUBLIC_ORIGIN not in chromium.read_text()
    )
    assert not autostart.exists()
    office.preset(here, **{**again, "browser_policy": "false"})
    here.run("dpkg-reconfigure", "-f", "noninteractive", "cardbridge")
    assert not chromium.exists() and not chromium.parent.exists()
    assert theirs.read_text() == '{"policies": {"DisableTelemetry": true}}'


def test_a_wrong_answer_is_told_and_the_package_is_installed(root: MakeRoot, deb: Path) -> None:
    here = root("bookworm", *DESK)
    office.preset(here, **answers(sites="http://ebid.example.jp"))
    said = office.install(here, deb)
    assert "must be https" in said and "cardbridge policy preset" in said
    assert here.run("cardbridge", "--version").stdout.startswith("cardbridge ")
    assert not (here.place / "etc/cardbridge/config.toml").exists()


def test_removal_ends_a_daemon_and_leaves_the_settings(root: MakeRoot, deb: Path, town: Town) -> None:
    here = root("bookworm", *DESK)
    office.preset(here, **answers())
    office.install(here, deb)
    office.configure_ports(here, town.ports)
    with office.daemon(here, town.screen, {}) as daemon:
        here.run("apt-get", "remove", "-y", "-q", "cardbridge")
        until(lambda: not os.path.exists(f"/proc/{daemon.pid}/exe") or ended(daemon.pid))
    assert (here.place / "etc/cardbridge/config.toml").exists()
    assert not (here.place / "etc/chromium").exists()
    assert not list(here.place.glob("etc/opt/*/policies"))


def ended(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_the_desktop_finds_it(root: MakeRoot, deb: Path) -> None:
    here = root("bookworm", "desktop-file-utils", "xdg-utils", "man-db", "python3")
    office.install(here, deb)
    for name in ("cardbridge", "cardbridge-url"):
        here.run("desktop-file-validate", f"/usr/share/applications/{name}.desktop")
    found = here.run("xdg-mime", "query", "default", "x-scheme-handler/cardbridge", user=CLERK).stdout
    assert found.strip() == "cardbridge-url.desktop"
    page = here.run("man", "-L", "ja_JP.UTF-8", "-P", "cat", "cardbridge", env={"LANG": "C.UTF-8"}).stdout
    assert "許可した電子入札の画面" in page
    assert not (here.place / "etc/systemd/user/graphical-session.target.wants").exists()
