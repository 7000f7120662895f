"""The icon by each backend, on real trays: seen, clicked, lost and found again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bridge.core.desktop import TrayState
from bridge.core.readers import Card, Reader
from bridge.core.situation import Situation
from bridge.ui.status import tray_state
from bridge.ui.tray import interpreter, process
from bridge.ui.tray.process import Tray
from cardbridge_demo.desktop import Desktop, desktop
from tests.card.workplace import is_alive
from tests.desktop.panel import Panel, click_icon, colours, hand, has_gi, panel, trayer, until

TOKYO = timezone(timedelta(hours=9))
NOW = datetime(2027, 1, 5, 9, 0, tzinfo=TOKYO)
ENTRIES = [
    "接続を許可したサイト", "最近の操作", "", "PINの変更", "ロック解除", "",
    "診断", "設定", "バージョン情報", "", "終了",
]  # fmt: skip
needs_gi = pytest.mark.skipif(not has_gi(), reason="no gi here")
XORG: list[tuple[list[str] | None, str]] = [(None, "xorg")]


def state(reader: str = "present", *, is_busy: bool = False, pin: str = "ok") -> TrayState:
    card = Card(type="PIV", pin_state=pin, protected_authentication_path=False)  # type: ignore[arg-type]
    readers = (Reader(name="見本リーダ", state=reader, card=card),)  # type: ignore[arg-type]
    situation = Situation(
        service_available=True,
        has_driver=True,
        readers=readers,
        is_busy=is_busy,
        ends=(datetime(2027, 3, 31, tzinfo=TOKYO),),
        now=NOW,
    )
    return tray_state(situation, "ja")


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    with desktop("1000x700x24") as started, pytest.MonkeyPatch.context() as patch:
        for name, value in started.env.items():
            patch.setenv(name, value)
        patch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        yield started


@pytest.fixture
def bus(screen: Desktop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Panel]:
    with panel() as started:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", started.env["DBUS_SESSION_BUS_ADDRESS"])
        yield started


Chosen = list[str]


@asynccontextmanager
async def running(first: TrayState) -> AsyncIterator[tuple[Tray, Chosen]]:
    chosen: Chosen = []
    tray = Tray(first, chosen.append)
    keeping = asyncio.get_running_loop().create_task(tray.keep())
    try:
        async with asyncio.timeout(30):
            await tray.settled()
        yield tray, chosen
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])


async def soon(condition: Callable[[], object], what: str) -> None:
    """Like `until`, with the loop at work."""
    await asyncio.to_thread(until, condition, what)


def pid_of(tray: Tray) -> int:
    assert tray._process is not None and tray._process._process is not None
    return tray._process._process.pid


def entries(seen: dict[str, Any]) -> list[tuple[int, str]]:
    return [(each["id"], each["label"]) for each in seen["menu"] if each["enabled"] and each["label"]]


@needs_gi
async def test_as_a_status_notifier_item_it_is_read_and_clicked(bus: Panel) -> None:
    async with running(state()) as (tray, chosen):
        seen = await asyncio.to_thread(bus.has, "終了")
        assert [entry["label"] for entry in seen["menu"]] == [
            "カードリーダ：カードが入っています",
            "電子証明書の期限 2027年3月31日（あと85日）",
            "",
            *ENTRIES,
        ]
        assert [entry["enabled"] for entry in seen["menu"][:2]] == [False, False]
        assert [entry["separator"] for entry in seen["menu"]].count(True) == 4
        assert seen["icon"].endswith("/card.png") and "カードが入っています" in seen["title"]
        for label, id in [("PINの変更", "changePin"), ("最近の操作", "activity"), ("終了", "quit")]:
            await asyncio.to_thread(bus.click, label)
            await soon(lambda id=id: chosen[-1:] == [id], f"the choice {id}")  # type: ignore[misc]


@needs_gi
async def test_it_follows_the_state(bus: Panel) -> None:
    async with running(state("empty")) as (tray, _):
        first = await asyncio.to_thread(bus.has, "カードなし")
        assert first["icon"].endswith("/ready.png")
        tray.show(state(is_busy=True))
        seen = await asyncio.to_thread(bus.has, "ICカードを使っています")
        await soon(lambda: bus.look()["icon"].endswith("/working.png"), "the working icon")
        for count in range(30):
            tray.show(state("mute" if count % 2 else "empty"))
        seen = await asyncio.to_thread(bus.has, "カードが反応しません（向きを確かめてください）")
        await soon(lambda: bus.look()["icon"].endswith("/attention.png"), "the attention icon")
        assert len(seen["menu"]) == 14
        assert entries(seen) == entries(first), "what can be clicked stays the same item"


@needs_gi
async def test_a_notification_goes_to_the_desktop(bus: Panel) -> None:
    async with running(state()) as (tray, _):
        assert await tray.notify("期限 <b>", "残り3日 & more")
        shown = bus.notifications.get(timeout=10)
        assert shown["title"] == "期限 <b>" and shown["text"] == "残り3日 &amp; more"
        assert shown["icon"].endswith("/attention.png")


@needs_gi
async def test_without_a_notification_service_it_says_so(
    screen: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with panel(notifies=False) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.env["DBUS_SESSION_BUS_ADDRESS"])
        async with running(state()) as (tray, _):
            assert not await tray.notify("期限", "残り3日")


@needs_gi
async def test_it_comes_again_when_it_is_killed_and_ends_with_the_daemon(
    bus: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_DELAYS_S", (0.05,) * 9)
    async with running(state()) as (tray, chosen):
        for _ in range(2):
            await asyncio.to_thread(bus.has, "終了")
            killed = pid_of(tray)
            os.kill(killed, signal.SIGKILL)
            await soon(lambda killed=killed: tray._process and pid_of(tray) != killed, "a new tray")  # type: ignore[misc]
        tray.show(state("empty"))
        await asyncio.to_thread(bus.has, "カードなし")
        await asyncio.to_thread(bus.click, "設定")
        await soon(lambda: chosen == ["settings"], "the choice")
        last = pid_of(tray)
    assert not is_alive(last)
    await soon(lambda: bus.look()["items"] == 0, "the icon to go")


async def test_it_is_given_up_when_it_never_comes(screen: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_DELAYS_S", (0.01,) * 3)
    monkeypatch.setattr(process, "candidates", lambda: [(["/bin/false"], "gi"), (["/nowhere/python"], "gi")])
    tray = Tray(state(), lambda _: None)
    async with asyncio.timeout(30):
        await tray.keep()
        await tray.settled()
    assert not await tray.notify("", "")


async def test_without_a_display_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("bridge.children.spawn", lambda *_, **__: pytest.fail("a process was started"))
    async with asyncio.timeout(10):
        await Tray(state(), lambda _: None).keep()


@needs_gi
async def test_in_an_old_tray_the_menu_opens_by_a_click(screen: Desktop, tmp_path: Path) -> None:
    """No session bus, XEMBED: the AppIndicator's own fallback, with a menu."""
    with trayer(screen):
        async with running(state()) as (tray, chosen):
            await soon(lambda: "#12659c" in colours(screen, tmp_path), "the icon")
            for button in (1, 3):
                chosen.clear()
                hand(screen, "mousemove", "0", "500")
                closed = await asyncio.to_thread(screen.picture, "root")
                await asyncio.to_thread(click_icon, screen, button)
                await asyncio.to_thread(screen.wait_for_change, "root", closed)
                if button == 1:
                    screen.screenshot(tmp_path / "menu.png")
                hand(screen, "key", "Up", "Up", "Return")
                await soon(lambda: chosen == ["about"], "the entry above the last")


async def test_without_gi_a_click_asks_for_the_menu(
    screen: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the tray starts after the icon, and starts again."""
    monkeypatch.setattr(process, "candidates", lambda: XORG)
    monkeypatch.setattr(process, "_DELAYS_S", (0.05,) * 9)
    async with running(state()) as (tray, chosen):
        for _ in range(2):
            with trayer(screen):
                await soon(lambda: "#12659c" in colours(screen, tmp_path), "the icon")
                for button in (1, 3):
                    chosen.clear()
                    await asyncio.to_thread(click_icon, screen, button)
                    await soon(lambda: chosen == ["menu"], "the choice")
                tray.show(state(is_busy=True))
                await soon(lambda: "#6a3fb5" in colours(screen, tmp_path), "the working icon")
                tray.show(state())
        assert not await tray.notify("期限", "残り3日")


@needs_gi
def test_the_systems_python_runs_nothing_that_others_put_in_its_way(screen: Desktop, tmp_path: Path) -> None:
    """No variable and no folder adds code: neither the person's own, nor the one it is started in."""
    trap = f"open({str(tmp_path / 'caught')!r}, 'w').write('x')"
    for name in ("gi", "pystray", "six", "json", "bridge", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(trap)
    command, _ = next(found for found in interpreter.candidates() if found[1] == "gi")
    assert command is not None
    read_end, write_end = os.pipe()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "gi.py")}
    environment |= {"HOME": str(tmp_path), "PYTHONUSERBASE": str(tmp_path), "PYTHONHOME": str(tmp_path)}
    done = subprocess.run(
        [*command, str(read_end), "nonsense", *interpreter.packages()],
        env=environment,
        cwd=tmp_path,
        pass_fds=[read_end],
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(read_end)
    os.close(write_end)
    assert done.returncode == 3 and "nonsense" in done.stderr, done.stderr
    assert not (tmp_path / "caught").exists()


def test_an_interpreter_that_others_can_write_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DISPLAY", ":9")
    python = tmp_path / "python3"
    python.symlink_to(sys.executable)
    monkeypatch.setattr(interpreter, "_SYSTEMS_PYTHON", python)
    assert [backend for _, backend in interpreter.candidates()] == ["gi", "xorg"]
    python.unlink()
    python.write_text("")
    python.chmod(0o777)
    assert [backend for _, backend in interpreter.candidates()] == ["xorg"]
    python.unlink()
    assert [backend for _, backend in interpreter.candidates()] == ["xorg"]


def test_of_our_packages_only_three_are_named() -> None:
    named = dict(each.split("=", 1) for each in interpreter.packages())
    assert sorted(named) == ["bridge", "pystray", "six"]
    assert all(Path(folder).is_absolute() for folder in named.values())


async def test_threads_end_with_the_tray(bus: Panel) -> None:
    async with running(state()):
        pass
    await soon(lambda: not [t for t in threading.enumerate() if t.name == "tray"], "the thread's end")
