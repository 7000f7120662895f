"""The dialog process that is kept ready: at most one, nobody's, and not for long."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bridge import readiness
from bridge.ui.dialogprocess import DialogProcess, ReadyDialog
from bridge.ui.prompt import DialogConsent
from cardbridge_demo.desktop import Desktop
from tests.card.workplace import children_of, is_alive, until_gone
from tests.ui.scenes import scenes


def dialogs() -> list[int]:
    return children_of(os.getpid(), "bridge.ui.dialog")


async def the_one() -> int:
    while not dialogs():  # noqa: ASYNC110 - processes tell nobody
        await asyncio.sleep(0.01)
    (pid,) = dialogs()
    return pid


async def started(dialog: DialogProcess) -> int:
    await dialog.started()
    assert dialog.process is not None
    return dialog.process.pid


@pytest.fixture(autouse=True)
def display(screen: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", screen.display)


async def test_a_window_takes_the_one_that_is_ready(screen: Desktop) -> None:
    consent = DialogConsent()
    consent.prepare()
    consent.prepare()
    ready = await the_one()
    async with consent.window(scenes()["pin"]) as window:
        assert dialogs() == [ready] == [await started(window._dialog)]
        consent.prepare()
        assert window.pin_channel is not None and window.pin_channel is None
        assert await asyncio.to_thread(screen.wait_for_window)
        assert dialogs() == [ready], "another one while a window is open"
    assert not is_alive(ready) and not dialogs()
    consent.prepare()
    next_ = await the_one()
    assert next_ != ready and not await asyncio.to_thread(screen.windows)
    await consent.end()
    assert not is_alive(next_)


async def test_it_goes_when_no_window_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "KEPT_S", 0.0)
    ready = ReadyDialog()
    ready.prepare()
    assert ready.waiting is not None
    pid = await started(ready.waiting)
    await asyncio.to_thread(until_gone, pid)
    assert ready.waiting is None
    await ready.end()


async def test_one_that_has_died_is_of_no_use() -> None:
    ready = ReadyDialog()
    ready.prepare()
    assert ready.waiting is not None and (process := ready.waiting).is_of_use
    dead = await started(process)
    os.kill(dead, signal.SIGKILL)
    await asyncio.to_thread(process.reap)
    assert ready.take() is None
    await ready.end()


async def test_none_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    ready = ReadyDialog()
    ready.prepare()
    assert ready.waiting is None
