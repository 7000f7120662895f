"""The registration from the installed package: S0 to S8 with no question of the browser.

Chromium and the daemon are the clerk's, in the root; the portal and the person's hands are outside.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardbridge_demo.browser import PUBLIC_ORIGIN, chromium
from cardbridge_demo.registration import Walk
from tests.e2e.policy_place import NAME, firefox_asks
from tests.packages import office
from tests.packages.conftest import Town
from tests.packages.roots import CLERK, CLERK_ID, Root
from tests.packages.test_deb import DESK, MakeRoot, answers

pytestmark = [pytest.mark.slow, pytest.mark.packages, pytest.mark.timeout(1800)]

STATE = "async () => (await navigator.permissions.query({name: 'loopback-network'})).state"
CONNECT = """port => new Promise(done => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`, ["cardbridge.v1"]);
    socket.onmessage = event => done("served");
    socket.onclose = event => done(String(event.code));
})"""


def program_in(root: Root, script: Path, program: str, *more: str) -> Path:
    """An executable that runs `program` as the clerk in the root; its profile becomes the clerk's."""
    command = shlex.join(root.command([program, *more], user=CLERK))
    script.write_text(f"""#!/bin/sh
for each; do
    case "$each" in --user-data-dir=*) each=${{each#*=}} ;; esac
    case "$each" in {shlex.quote(str(root.share))}/*) chown -R {CLERK_ID}:{CLERK_ID} "$each" ;; esac
done
HOME=/home/{CLERK} TMPDIR=/tmp exec {command} "$@"
""")
    script.chmod(0o755)
    return script


@contextmanager
def walking(root: Root, town: Town, tell: Callable[[str], None] = lambda _: None) -> Iterator[Walk]:
    """A new browser of the clerk's; nobody has been asked anything yet."""
    program = program_in(root, root.share / "chromium", "/usr/bin/chromium", "--no-sandbox")
    with (
        pytest.MonkeyPatch.context() as patch,
        chromium_with_profiles_in(root.share, patch),
        chromium(town.portal.port, "prompt", program=str(program)) as browser,
    ):
        yield Walk(
            page=browser.new_page(),
            desktop=town.screen,
            origin=PUBLIC_ORIGIN,
            sample=town.sample,
            pin=town.pin,
            folder=root.share,
            tell=tell,
        )


@contextmanager
def chromium_with_profiles_in(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Playwright makes the browser's profile where temporary files go."""
    patch.setenv("TMPDIR", str(folder))
    yield


def question(root: Root, town: Town, port: int) -> tuple[str, str]:
    """The browser's permission for the portal, and what its page gets when it connects."""
    with walking(root, town) as walk:
        walk.page.goto(f"{PUBLIC_ORIGIN}/")
        return str(walk.page.evaluate(STATE)), str(walk.page.evaluate(CONNECT, port))


@pytest.mark.e2e
def test_whole_registration_from_the_installed_package(root: MakeRoot, deb: Path, town: Town) -> None:
    here = root("bookworm", *DESK, "chromium")
    office.preset(here, **answers(browser_policy="false"))
    office.install(here, deb)
    office.configure_ports(here, town.ports)
    with office.daemon(here, town.screen, office.token(here, town.sample, town.pin)) as daemon:
        port = int(daemon.url.removesuffix("/v1").rpartition(":")[2])
        assert question(here, town, port) == ("prompt", "1006"), "without the policy the browser asks"
        office.preset(here, browser_policy="true")
        here.run("dpkg-reconfigure", "-f", "noninteractive", "cardbridge")
        assert question(here, town, port) == ("granted", "served")

        used: set[str] = set()
        with walking(here, town, lambda _: used.update(daemon.used_files())) as walk:
            receipt = walk.whole()
        assert daemon.program == f"{here.place}{office.PROGRAM}"
        ours = str(office.CHECKOUT)
        assert used and not [each for each in used if each == ours or each.startswith(f"{ours}/")]
        assert office.PROGRAM.rpartition("/")[0] in "".join(used)
        here.run("cardbridge", "policy", "remove")
        assert question(here, town, port) == ("prompt", "1006"), "gone after removal"
    database = sqlite3.connect(town.portal.data / "portal.sqlite3")
    assert database.execute("select count(*) from event where receipt = ?", [receipt]).fetchone() == (1,)
    assert (here.share / "receipt.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.e2e
def test_firefox_asks_no_question_while_the_package_is_there(root: MakeRoot, deb: Path) -> None:
    here = root("bookworm", *DESK, "firefox-esr")
    program = program_in(here, here.share / "firefox", "/usr/bin/firefox-esr")
    assert firefox_asks(program, here.share / "before")
    office.preset(here, **answers(sites=f"https://{NAME}"))
    office.install(here, deb)
    assert not firefox_asks(program, here.share / "with")
    office.purge(here)
    assert not (here.place / "etc/firefox/policies/policies.json").exists()
    assert firefox_asks(program, here.share / "after")
