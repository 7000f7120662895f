"""Two sites ask at the same time: one window, undisturbed, and a pause before the other's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import connected
from tests.ui.hands import xdotool

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm]

OTHER = "https://other.example.jp"
PAUSE_S = 1.0


@pytest.fixture
def two_sites(lab: Lab) -> Iterator[str]:
    configuration = lab.configuration()
    with configuration.open("a", encoding="utf-8") as file:
        file.write(f'\n[[site]]\norigin = "{OTHER}"\nname = "もう一つのサイト"\n')
    with stack.daemon(lab.folder, configuration, lab.env) as url:
        yield url


def gap_between_windows(lab: Lab) -> float:
    """Seconds, at most, in which the window that is there has gone and another has not come.

    A window's id may be that of the one before.
    """
    last_seen, is_gone, deadline = 0.0, False, time.monotonic() + 60
    while time.monotonic() < deadline:
        before = time.monotonic()
        windows = lab.screen.windows()
        assert len(windows) <= 1, "two windows at once"
        if windows and is_gone:
            return time.monotonic() - last_seen
        is_gone = not windows
        last_seen = before if windows else last_seen
    raise AssertionError("the second window never came")


async def test_second_page_waits_unseen(lab: Lab, two_sites: str) -> None:
    screen = lab.screen
    async with connected(two_sites, PUBLIC_ORIGIN) as typing, connected(two_sites, OTHER) as other:
        asked = await typing.send("card.verifyPin")
        window = await asyncio.to_thread(screen.wait_for_window)
        await asyncio.to_thread(screen.type_text, lab.pin[:3])
        focus = xdotool(screen, "getwindowfocus")
        waits = await other.send("card.verifyPin")
        assert "result" in await other.call("bridge.info"), "so the request before it has arrived"
        assert screen.windows() == [window]
        assert xdotool(screen, "getwindowfocus") == focus
        await asyncio.to_thread(screen.type_text, lab.pin[3:])
        gap, _ = await asyncio.gather(
            asyncio.to_thread(gap_between_windows, lab),
            asyncio.to_thread(xdotool, screen, "key", "--delay", "80", *["Return"] * 6),
        )
        assert (await typing.response(asked))["result"] == {"verified": True}, "typed undisturbed"
        assert gap >= PAUSE_S
        await asyncio.to_thread(screen.wait_for_window)
        await asyncio.to_thread(screen.type_text, lab.pin)
        await asyncio.to_thread(screen.press, "Return")
        assert (await other.response(waits))["result"] == {"verified": True}
