"""The user's own windows as processes: one of each, raised, closed; and the menu as a window."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.core.desktop import Entry, Show
from bridge.desktop import Desktop as UsersDesktop
from bridge.expiry import CertificateMemory
from bridge.ui.windows import OwnWindows
from cardbridge_demo.desktop import Desktop, desktop
from tests.desktop.panel import hand, until
from tests.unit.methods.fakes import Place

MENU = (
    Entry(label="カードなし"),
    Entry(),
    Entry(id="about", label="バージョン情報"),
    Entry(id="quit", label="終了"),
)
SHOW = Show(language="ja", title="ICカードブリッジ", text="見本", menu=MENU)


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    with desktop("1000x700x24") as started, pytest.MonkeyPatch.context() as patch:
        for name, value in started.env.items():
            patch.setenv(name, value)
        yield started


class Opened(OwnWindows):
    """Keeps what was chosen and how often a window has ended."""

    def __init__(self) -> None:
        self.chosen: list[str] = []
        self.ended = 0
        super().__init__(self.chosen.append, self._count)

    def _count(self) -> None:
        self.ended += 1

    def pid(self, name: str) -> int:
        process = self._open[name]._process
        assert process is not None
        return process.pid


@pytest.fixture
async def windows(screen: Desktop) -> AsyncIterator[Opened]:
    opened = Opened()
    yield opened
    await opened.close()


def active(screen: Desktop) -> str:
    """The window that has the keyboard."""
    return screen._xdotool("getactivewindow", check=False).strip()


async def soon(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(until, condition, what)


async def has_keyboard(screen: Desktop) -> None:
    """Until the only window is there and has the keyboard: keys that are pressed earlier go nowhere."""
    window = await asyncio.to_thread(screen.wait_for_window)
    await soon(lambda: active(screen) == window, "the keyboard")


async def test_one_of_each_until_it_is_closed(windows: Opened, screen: Desktop) -> None:
    assert await windows.show("about", SHOW)
    (first,) = await asyncio.to_thread(until, screen.windows, "the first window")
    assert await windows.show("message", SHOW)
    await soon(lambda: len(screen.windows()) == 2, "two windows")
    await soon(lambda: active(screen) not in ("", first), "the second to be in front")
    about = windows.pid("about")
    assert await windows.show("about", SHOW)
    assert windows.pid("about") == about
    await soon(lambda: active(screen) == first, "the first in front again")
    assert len(screen.windows()) == 2
    await asyncio.to_thread(screen.press, "Escape")
    await soon(lambda: windows.ended == 1, "the end of the one that was raised")
    assert await windows.show("about", SHOW)
    assert windows.pid("about") != about
    await windows.close()
    assert screen.windows() == []


async def test_what_cannot_be_opened_is_no_error(
    windows: Opened, screen: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not await windows.show("nothing of the kind", SHOW)
    monkeypatch.setenv("DISPLAY", ":987")
    await windows.show("about", SHOW)
    await soon(lambda: windows.ended == 1, "its end")
    monkeypatch.setenv("DISPLAY", screen.display)
    assert await windows.show("about", SHOW)
    await asyncio.to_thread(screen.wait_for_window)


async def test_a_killed_window_is_opened_anew(windows: Opened, screen: Desktop) -> None:
    assert await windows.show("message", SHOW)
    await asyncio.to_thread(screen.wait_for_window)
    os.kill(windows.pid("message"), signal.SIGKILL)
    await soon(lambda: windows.ended == 1, "its end")
    assert await windows.show("message", SHOW)
    await asyncio.to_thread(screen.wait_for_window)


@pytest.mark.parametrize("keys", [("Down", "Return"), ("Up", "Up", "Return"), ("Down", "space")])
async def test_the_menu_by_keys(windows: Opened, screen: Desktop, keys: tuple[str, ...]) -> None:
    assert await windows.show("menu", SHOW)
    await has_keyboard(screen)
    for key in keys:
        await asyncio.to_thread(screen.press, key)
    await soon(lambda: windows.ended == 1, "the menu's end")
    assert windows.chosen == ["about"]


def place_of(screen: Desktop) -> list[int]:
    """Left, top, width and height of the window, without its frame: xdotool counts that twice."""
    said = subprocess.run(
        ["xwininfo", "-id", screen.windows()[0]],
        env={**os.environ, **screen.env},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
    return [int(said.split(f"{name}:")[1].split()[0]) for name in names]


async def test_the_menu_by_mouse(windows: Opened, screen: Desktop) -> None:
    hand(screen, "mousemove", "985", "14")
    assert await windows.show("menu", SHOW)
    await asyncio.to_thread(screen.wait_for_window)
    left, top, width, height = await asyncio.to_thread(place_of, screen)
    assert left >= 0 and left + width <= 1000 and top + height <= 700
    hand(screen, "mousemove", str(left + 100), str(top + height - 15), "click", "1")
    await soon(lambda: windows.ended == 1, "the menu's end")
    assert windows.chosen == ["quit"]


@pytest.mark.parametrize("how", ["escape", "again", "elsewhere"])
async def test_the_menu_goes_without_a_choice(windows: Opened, screen: Desktop, how: str) -> None:
    assert await windows.show("menu", SHOW)
    await has_keyboard(screen)
    if how == "escape":
        await asyncio.to_thread(screen.press, "Escape")
    elif how == "again":
        await windows.show("menu", SHOW)
    else:
        await windows.show("about", SHOW)
    await soon(lambda: windows.ended == 1, "the menu's end")
    assert windows.chosen == []


@asynccontextmanager
async def users_desktop(place: Place, tmp_path: Path, stopped: list[int]) -> AsyncIterator[UsersDesktop]:
    users = UsersDesktop(
        place.desk,
        CertificateMemory(tmp_path / "certificates.json", place.clock),
        config_file=tmp_path / "config.toml",
        url="ws://127.0.0.1:1/v1",
        has_driver=lambda: True,
        has_proposals=lambda: False,
        stop=lambda: stopped.append(1),
        has_tray=False,
    )
    keeping = asyncio.get_running_loop().create_task(users.keep())
    await asyncio.sleep(0)
    yield users
    keeping.cancel()
    await asyncio.wait([keeping])


async def test_nothing_is_said_while_somebody_may_be_typing(screen: Desktop, tmp_path: Path) -> None:
    place, stopped = Place(), list[int]()
    async with users_desktop(place, tmp_path, stopped) as users:
        async with place.desk.lane.turn(1, place.call().caller.origin, has_window=True):
            saying = asyncio.get_running_loop().create_task(users._say("期限", "残り3日"))
            await asyncio.sleep(1)
            assert not saying.done() and screen.windows() == []
        assert await saying
        await asyncio.to_thread(screen.wait_for_window)
    assert screen.windows() == [] and stopped == []


async def test_entries_do_what_they_say_and_a_failure_ends_nothing(
    screen: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, stopped = Place(), list[int]()
    async with users_desktop(place, tmp_path, stopped) as users:
        show = users._windows.show

        async def fail(*_: object) -> bool:
            raise RuntimeError("a fault in this program")

        monkeypatch.setattr(users._windows, "show", fail)
        users.choose("about")
        await asyncio.sleep(0.1)
        monkeypatch.setattr(users._windows, "show", show)
        users.choose("about")
        await soon(lambda: len(screen.windows()) == 1, "the window")
        users.choose("quit")
        assert stopped == [1]


async def test_a_window_can_ask_for_nothing_but_what_the_menu_has(
    screen: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds a pipe of the tray or of a window starts no other child of this program."""
    opened, stopped = list[str](), list[int]()
    async with users_desktop(Place(), tmp_path, stopped) as users:

        async def show(name: str, show: Show) -> bool:
            opened.append(name)
            return True

        monkeypatch.setattr(users._windows, "show", show)
        for name in ("worker", "dialog", "signing", "reset", "tray", "message", "no such entry", ""):
            users.choose(name)
        offered = [entry.id for entry in users._state().menu if entry.id]
        windows = [id for id in offered if id not in ("quit", "changePin", "unblockPin")]
        for name in windows:
            users.choose(name)
        await soon(lambda: len(opened) == len(windows), "all windows")
    assert opened == ["settings" if id == "sites" else id for id in windows] and stopped == []


async def test_a_part_that_fails_ends_neither_the_others_nor_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a fault in this program")

    monkeypatch.setattr(CertificateMemory, "keep", fail)
    stopped = list[int]()
    async with users_desktop(Place(), tmp_path, stopped) as users:
        await soon(lambda: "a part of the desktop failed" in caplog.text, "the log")
        assert users._group is not None
        users.choose("quit")
    assert stopped == [1]


async def test_without_files_left_there_is_no_window_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setenv("DISPLAY", ":9999")
    async with users_desktop(Place(), tmp_path, []) as users:
        monkeypatch.setattr("bridge.children.pipe", exhausted)
        assert not await users._say("期限", "残り3日")


async def test_without_a_display_nobody_waits_for_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    async with users_desktop(Place(), tmp_path, []) as users:
        assert not await users._say("期限", "残り3日")
