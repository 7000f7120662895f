"""The settings window as a process, and the real daemon that follows what it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Pipe
from pathlib import Path

import msgspec

from bridge import children, refused
from bridge.config import load
from bridge.core.desktop import Show
from bridge.core.refusals import Refusal
from cardbridge_demo.desktop import Desktop
from cardbridge_demo.ports import free_ports
from tests.ui.hands import xdotool
from tests.ui.settings_stage import CONFIG, files_in, settings_window
from tests.unit.server.running import configuration, environment, eventually, started
from tests.unit.server.wire import FOREIGN_ORIGIN, Wire


@contextmanager
def command(folder: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "settings", *arguments],
        env=environment(folder) | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_keyboard(screen: Desktop) -> None:
    """Until the window is there and has the keyboard: keys that are pressed earlier go nowhere."""
    screen.wait_for_window()

    def has_it() -> None:
        try:
            active = xdotool(screen, "getactivewindow").split()
        except subprocess.CalledProcessError:  # none is active yet
            active = []
        assert active and active == screen.windows()

    eventually(has_it)


def test_the_verb_opens_the_window(screen: Desktop, tmp_path: Path) -> None:
    with command(tmp_path, **screen.env) as process:
        wait_for_keyboard(screen)
        screen.press("Escape")
        screen.wait_until_gone()
        assert process.wait(30) == 0
        assert process.stderr is not None and process.stderr.read() == ""


def test_the_verb_takes_another_file(screen: Desktop, tmp_path: Path) -> None:
    """Language and start at login, by keyboard alone."""
    other = tmp_path / "other.toml"
    other.write_text(CONFIG, "utf-8")
    with command(tmp_path, "--config", str(other), **screen.env) as process:
        wait_for_keyboard(screen)
        for key in ("Left", "Tab", "Down"):
            screen.press(key)
        eventually(lambda: _assert_english(other))
        screen.press("Escape")
        assert process.wait(30) == 0


def _assert_english(file: Path) -> None:
    assert load(file).ui.language == "en"


def test_without_a_display_it_says_so(tmp_path: Path) -> None:
    with command(tmp_path) as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1 and "窓を開けません" in said and "Traceback" not in said


def test_the_child_is_told_which_files(screen: Desktop, tmp_path: Path) -> None:
    file, asked = tmp_path / "config.toml", tmp_path / "refused.json"
    file.write_text("[ui]\nlanguage = 'en'\n")
    process = children.spawn("settings", [], [str(file), str(asked)])
    try:
        wait_for_keyboard(screen)
        refused.remember(asked, [Refusal(origin="https://a.jp", at=1)])
        screen.press("Escape")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_the_daemon_opens_it_and_turns_its_pages(screen: Desktop, tmp_path: Path) -> None:
    """As the tray's entries 設定 and 接続を許可したサイト do."""
    file = tmp_path / "config.toml"
    file.write_text(CONFIG, "utf-8")
    ours, theirs = Pipe()
    with ours, theirs:
        process = children.spawn("settings", [theirs])
        theirs.close()
        ours.send_bytes(msgspec.json.encode(Show(language="ja", config_file=str(file), page="general")))
        try:
            wait_for_keyboard(screen)
            for key in ("Tab", "Down"):
                screen.press(key)
            eventually(lambda: _assert_english(file))
            ours.send_bytes(msgspec.json.encode(Show(language="en", config_file=str(file), page="sites")))
            assert len(screen.windows()) == 1
            ours.close()
            assert process.wait(30) == 0, "it ends with the daemon"
        finally:
            process.kill()
            process.wait()


def test_a_page_that_was_refused_is_served_after_it_is_allowed(screen: Desktop, tmp_path: Path) -> None:
    """The whole way: close code 4403, the list, the form, the file, the daemon that follows it."""
    first = free_ports(1)
    config = configuration(tmp_path, (first, first))
    with started(tmp_path) as daemon:
        with Wire(daemon.port) as wire:
            wire.upgrade({"Origin": FOREIGN_ORIGIN})
            assert wire.read_frame().close_code == 4403
        asked = tmp_path / "state" / "cardbridge" / "refused.json"
        assert screen.windows() == [], "a page opens nothing"
        files = replace(files_in(tmp_path, user=None), user=config, machine=None, refused=asked)
        with settings_window(screen, files) as shown:
            shown.until(lambda: "許可を求めたサイト（1）" in shown.words())
            shown.turn_to("許可を求めたサイト")
            assert FOREIGN_ORIGIN in shown.words()
            shown.click(shown.button("許可する…"))
            shown.press_when_enabled("許可する")
            with Wire(daemon.port) as wire:
                wire.greeted({"Origin": FOREIGN_ORIGIN})
            shown.click(shown.button("元に戻す"))
            with Wire(daemon.port) as wire:
                wire.upgrade({"Origin": FOREIGN_ORIGIN})
                assert wire.read_frame().close_code == 4403
        daemon.serves()


def test_importing_it_loads_no_driver_and_no_server() -> None:
    heavy = "aiohttp pkcs11 pyhanko smartcard lxml".split()
    code = (
        f"import sys, bridge.preferences.window; sys.exit(' '.join(m for m in {heavy} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True)
    assert done.stderr.strip() == ""
