"""The daemon rests under its icon: nobody at the desk sees anything of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cardbridge_demo import stack
from tests.card.stack import missing_piece
from tests.card.workplace import ORIGIN, PIN, Workplace, nonce, until_gone
from tests.desktop.panel import has_gi, until
from tests.desktop.test_daemon import Office, office, sleeps
from tests.e2e.contract_client import connected
from tests.unit.server.test_resting import ONE_QUIET_TIME_S, PROGRAM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.card,
    pytest.mark.skipif(missing_piece() is not None, reason=f"not installed: {missing_piece()}"),
    pytest.mark.skipif(not has_gi(), reason="no gi here"),
]
FRESH = "fresh again"
PRESENT = "カードが入っています"


@pytest.fixture
def desk(workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    program = tmp_path / "cardbridge"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P {PROGRAM[-1]} "$@"\n')
    program.chmod(0o700)
    monkeypatch.setenv(stack.PROGRAM_VARIABLE, str(program))
    with office(workplace, tmp_path) as started:
        yield started


async def says(desk: Office, what: str, times: int) -> None:
    (log,) = desk.folder.rglob("cardbridge.log")
    await soon(lambda: log.read_text().count(what) >= times, f"{times} × {what}")


async def soon(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(until, condition, what)


async def test_a_login_then_rest_then_the_same_icon(desk: Office) -> None:
    seen = await asyncio.to_thread(desk.panel.has, PRESENT)
    icon = desk.child("tray/boot.py")
    for times in (1, 2):
        async with connected(desk.url, ORIGIN) as page:
            id = await page.send("auth.getToken", challengeNonce=nonce())
            await page.until(id, "waitingForUser")
            await desk.window()
            await desk.enter(PIN)
            assert "result" in await page.response(id)
            assert "/_rust.abi3.so" in maps(desk) and "/aiohttp/" in maps(desk)
        await says(desk, FRESH, times)
        assert "/_rust.abi3.so" not in maps(desk) and "/aiohttp/" not in maps(desk)
        assert desk.children("tray/boot.py") == [icon]
        after = await asyncio.to_thread(desk.panel.has, PRESENT, "電子証明書の期限")
        assert (after["items"], after["icon"]) == (1, seen["icon"])
    await soon(lambda: sleeps(desk.pid, icon), "sleep")
    await desk.click("終了")
    await asyncio.to_thread(until_gone, desk.pid, icon)
    assert len(desk.operations()) == 2


async def test_a_window_keeps_it_and_the_icon_is_its_own_afterwards(desk: Office) -> None:
    await asyncio.to_thread(desk.panel.has, PRESENT)
    async with connected(desk.url, ORIGIN):
        await desk.click("バージョン情報")
        await desk.window()
    await asyncio.sleep(4 * ONE_QUIET_TIME_S)
    (log,) = desk.folder.rglob("cardbridge.log")
    assert "resting" not in log.read_text()
    about = desk.child("bridge.ui.about")
    await desk.dismiss()
    await asyncio.to_thread(until_gone, about)
    await says(desk, FRESH, 1)
    await desk.click("バージョン情報")
    await desk.window()
    icon = desk.child("tray/boot.py")
    os.kill(icon, signal.SIGKILL)
    await soon(lambda: desk.children("tray/boot.py") not in ([], [icon]), "another icon")
    await asyncio.to_thread(desk.panel.has, PRESENT)
    await soon(lambda: not Path(f"/proc/{icon}").exists(), "its being waited for")


def maps(desk: Office) -> str:
    return Path(f"/proc/{desk.pid}/maps").read_text()
