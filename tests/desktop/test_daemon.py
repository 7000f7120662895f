"""The daemon with its tray: a person's clicks on the real thing, from the card in the reader to 終了."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bridge import children
from cardbridge_demo import stack
from cardbridge_demo.ports import free_ports
from tests.card.stack import missing_piece
from tests.card.workplace import OPENSC, ORIGIN, PIN, Workplace, children_of, nonce, until_gone
from tests.desktop.panel import Panel, has_gi, panel, until
from tests.e2e.contract_client import connected
from tests.ui.hands import stacking

pytestmark = [
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
    pytest.mark.skipif(not has_gi(), reason="no gi here"),
]

NEW_PIN = "654321"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A desk with a daemon, its icon in a panel, and its folder."""

    place: Workplace
    panel: Panel
    folder: Path
    url: str
    pid: int

    def child(self, module: str) -> int:
        """The one child that runs this module."""
        found: list[int] = until(lambda: self.children(module), module)
        return found[0]

    def children(self, module: str) -> list[int]:
        return children_of(self.pid, module)

    async def click(self, label: str) -> None:
        await asyncio.to_thread(self.panel.has, label)
        await asyncio.to_thread(self.panel.click, label)

    async def window(self) -> None:
        await asyncio.to_thread(self.place.screen.wait_for_window)

    async def idle(self) -> None:
        """Until nobody uses the card any more."""
        await asyncio.to_thread(until, lambda: not self.panel.look()["icon"].endswith("/working.png"), "rest")

    async def dismiss(self, key: str = "Return") -> None:
        """Close the window that says something."""
        await asyncio.to_thread(self.place.screen.close_window, key)

    async def enter(self, *fields: str) -> None:
        for number, text in enumerate(fields):
            if number:
                await asyncio.to_thread(self.place.screen.press, "Tab")
            await asyncio.to_thread(self.place.screen.type_text, text)
        await asyncio.to_thread(self.place.screen.press, "Return")

    def operations(self) -> list[str]:
        """What `cardbridge audit list` says, the latest first."""
        done = subprocess.run(
            [stack.program(), "audit", "list"],
            env={**os.environ, "XDG_STATE_HOME": str(self.folder / "state")},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()


@contextmanager
def office(
    workplace: Workplace, folder: Path, *, notifies: bool = True, known: dict[str, datetime] | None = None
) -> Iterator[Office]:
    """`known`: certificates' ends that the daemon has seen before."""
    first = free_ports(2)
    configuration = stack.write_configuration(folder, ORIGIN, OPENSC, ports=(first, first + 1))
    if known:
        cards = [{"id": id, "holder": id, "ends": end.isoformat()} for id, end in known.items()]
        state = folder / "state" / "cardbridge"
        state.mkdir(parents=True, mode=0o700)
        (state / "certificates.json").write_text(json.dumps({"key": "00" * 32, "cards": cards}))
    with panel(notifies=notifies) as started:
        env = {**workplace.cards.env, **workplace.screen.env, **started.env}
        with stack.daemon(folder, configuration, env, has_tray=True) as url:
            runtime = json.loads(next(folder.rglob("runtime.json")).read_text())
            yield Office(place=workplace, panel=started, folder=folder, url=url, pid=runtime["pid"])


@pytest.fixture(scope="module")
def running(workplace: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The daemon of the tests that leave it as it was."""
    with office(workplace, tmp_path_factory.mktemp("office")) as started:
        yield started


@pytest.fixture
def desk(running: Office) -> Iterator[Office]:
    yield running
    for name in ("about", "activity", "message", "settings"):
        for pid in running.children(children.CHILDREN[name]):
            os.kill(pid, signal.SIGKILL)
            until_gone(pid)
    until(lambda: not running.place.screen.windows(), "an empty desk")


@pytest.fixture
def mortal(workplace: Workplace, tmp_path: Path) -> Iterator[Office]:
    """A daemon of the test's own."""
    with office(workplace, tmp_path) as started:
        yield started


async def test_the_pin_is_changed_from_the_menu_and_a_page_waits_for_its_turn(desk: Office) -> None:
    present = "カードが入っています"
    await asyncio.to_thread(desk.panel.has, present)
    await desk.click("PINの変更")
    await desk.window()
    await asyncio.to_thread(desk.panel.has, "ICカードを使っています")
    async with connected(desk.url, ORIGIN) as page:
        id = await page.send("auth.getToken", challengeNonce=nonce())
        await asyncio.sleep(1)
        assert len(desk.place.screen.windows()) == 1
        await desk.click("PINの変更")  # once more: the window is there already
        await desk.enter(PIN, NEW_PIN, NEW_PIN)
        await page.until(id, "waitingForUser")
        await desk.window()
        await desk.enter(NEW_PIN)
        assert "result" in await page.response(id)
    await desk.window()  # says that the PIN has been changed, when no PIN is being typed any more
    assert desk.child("bridge.ui.message")
    await desk.dismiss()
    await desk.idle()
    seen = await asyncio.to_thread(desk.panel.has, present, "電子証明書の期限")
    assert seen["icon"].endswith("/card.png")
    await desk.click("PINの変更")
    await desk.window()
    await desk.enter(NEW_PIN, PIN, PIN)
    await asyncio.to_thread(until, lambda: desk.children("bridge.ui.message"), "the message")
    await desk.idle()


async def test_who_cancels_hears_nothing_and_may_do_it_often(desk: Office) -> None:
    for _ in range(3):
        await desk.click("ロック解除")
        await desk.window()
        await desk.dismiss("Escape")
        await desk.idle()
    assert desk.children("bridge.ui.message") == []


async def test_without_a_card_it_asks_for_one_and_says_what_came_of_it(desk: Office) -> None:
    desk.place.cards.control("remove")
    try:
        await asyncio.to_thread(desk.panel.has, "00 00：カードなし")
        await desk.click("PINの変更")
        await desk.window()
        dialog = desk.child("bridge.ui.dialog")
        await asyncio.to_thread(until, partial(presses_away, desk, dialog), "the window's end")
        await asyncio.to_thread(until, lambda: desk.children("bridge.ui.message"), "the message")
        await desk.idle()
    finally:
        desk.place.cards.control("insert")


def presses_away(desk: Office, dialog: int) -> bool:
    """Whether Escape ends the dialog, which takes no key at first; what follows it must stay."""
    desk.place.screen.press("Escape")
    deadline = time.monotonic() + 1
    while desk.children("bridge.ui.dialog") == [dialog]:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


async def test_windows_are_opened_once_and_raised_by_the_second_click(desk: Office) -> None:
    await desk.click("バージョン情報")
    await desk.window()
    (about,) = desk.place.screen.windows()
    await desk.click("最近の操作")
    await asyncio.to_thread(until, lambda: len(desk.place.screen.windows()) == 2, "two windows")
    (activity,) = (window for window in desk.place.screen.windows() if window != about)
    for label, raised in (("バージョン情報", about), ("最近の操作", activity), ("バージョン情報", about)):
        await desk.click(label)
        await asyncio.to_thread(until, partial(is_on_top, desk, raised), f"{label} to be raised")
    assert len(desk.place.screen.windows()) == 2
    assert desk.child("bridge.ui.about") and len(desk.children("bridge.ui.about")) == 1


def is_on_top(desk: Office, window: str) -> bool:
    return stacking(desk.place.screen)[-1] == int(window)


async def test_a_second_start_shows_the_settings(desk: Office) -> None:
    env = {**os.environ, **desk.place.screen.env, "XDG_STATE_HOME": str(desk.folder / "state")}
    done = await asyncio.to_thread(
        subprocess.run, [stack.program(), "run"], env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    await desk.window()
    assert desk.child(children.CHILDREN["settings"])


async def test_quitting_takes_everything_away(mortal: Office) -> None:
    await mortal.click("バージョン情報")
    await mortal.window()
    pids = [mortal.child("bridge.ui.about"), mortal.child("tray/boot.py")]
    await mortal.click("終了")
    await asyncio.to_thread(until_gone, mortal.pid, *pids)
    assert not list(mortal.folder.rglob("runtime.json"))
    assert "ended from the tray" in next(mortal.folder.rglob("cardbridge.log")).read_text()


async def test_a_killed_daemon_takes_icon_and_windows_with_it(mortal: Office) -> None:
    await mortal.click("バージョン情報")
    await mortal.window()
    pids = [mortal.child("bridge.ui.about"), mortal.child("tray/boot.py")]
    os.kill(mortal.pid, signal.SIGKILL)
    await asyncio.to_thread(until_gone, *pids)
    assert await asyncio.to_thread(lambda: mortal.panel.look()["items"]) == 0


async def test_a_killed_icon_ends_nothing_else(desk: Office) -> None:
    async with connected(desk.url, ORIGIN) as page:
        icon = desk.child("tray/boot.py")
        os.kill(icon, signal.SIGKILL)
        assert "result" in await page.call("bridge.info")
        await asyncio.to_thread(until, lambda: desk.children("tray/boot.py") not in ([], [icon]), "the icon")
        await asyncio.to_thread(desk.panel.has, "カードが入っています")
        assert "result" in await page.call("bridge.info")


async def test_with_its_icon_it_sleeps(desk: Office) -> None:
    """No thread of daemon or tray wakes up, with a page connected that watches the readers."""
    async with connected(desk.url, ORIGIN) as page:
        await page.call("readers.watch")
        await asyncio.to_thread(desk.panel.has, "カードが入っています")
        pids = (desk.pid, desk.child("tray/boot.py"))
        await asyncio.to_thread(until, partial(sleeps, *pids), "sleep")


def sleeps(*pids: int) -> bool:
    """Whether no thread of these processes wakes up in three seconds."""
    before = [wake_ups(pid) for pid in pids]
    time.sleep(3)
    return [wake_ups(pid) for pid in pids] == before


def wake_ups(pid: int) -> dict[str, int]:
    counts = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        match = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (task / "status").read_text(), re.MULTILINE)
        assert match is not None
        counts[task.name] = int(match[1])
    return counts


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


async def test_a_certificates_end_is_announced_once(workplace: Workplace, tmp_path: Path) -> None:
    ends = {"near": in_days(13.9), "far": in_days(200)}
    for is_first in (True, False):
        folder = tmp_path if is_first else replace_state(tmp_path, tmp_path / "again")
        with office(workplace, folder, known=ends if is_first else None) as desk:
            seen = await asyncio.to_thread(desk.panel.has, "電子証明書の期限")
            assert seen["icon"].endswith("/attention.png")
            if is_first:
                shown = await asyncio.to_thread(desk.panel.notifications.get, timeout=30)
                assert "期限が近づいています" in shown["title"] and "ICカード更新" in shown["text"]
                continue
            await asyncio.sleep(2)
            assert desk.panel.notifications.empty()


def replace_state(old: Path, new: Path) -> Path:
    """The next start of the same person's daemon."""
    new.mkdir()
    (old / "state").rename(new / "state")
    return new


async def test_where_no_desktop_shows_notifications_a_window_says_it(
    workplace: Workplace, tmp_path: Path
) -> None:
    with office(workplace, tmp_path, notifies=False, known={"near": in_days(2)}) as desk:
        await desk.window()
        assert desk.child("bridge.ui.message")
        await desk.dismiss()


async def test_without_a_tray_nothing_appears_and_nothing_is_started(
    workplace: Workplace, tmp_path: Path
) -> None:
    with workplace.daemon() as daemon, panel() as other:
        async with connected(daemon.url, ORIGIN) as page:
            await page.call("readers.watch")
            await asyncio.sleep(1)
            assert daemon.children("tray") == []
            assert other.look()["items"] == 0
