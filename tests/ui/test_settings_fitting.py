"""Nothing of the settings window is cut off or overlaps, in both languages, at 100 % and 200 %."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import refused
from bridge.core.refusals import Refusal
from bridge.preferences.texts import CATALOGUES
from cardbridge_demo.desktop import Desktop
from tests.ui.conftest import Desktops
from tests.ui.fitting import faults
from tests.ui.settings_stage import Settings, files_in, settings_window

LONG_NAME = "とても長い名前の電子入札システム" * 6
LONG_ORIGIN = "https://" + ".".join(("ebid.example.jp", "w" * 63, "m" * 63, "w" * 63, "co.jp")) + ":28443"
USER = f"""\
[ui]
language = "%s"
[[site]]
origin = "{LONG_ORIGIN}"
name = "{LONG_NAME}"
pin = "session"
allow_hash_signing = true
timestamp_url = "https://tsa.example.jp/{"t" * 150}"
[[site]]
origin = "https://ebid.example.jp"
[[driver]]
name = "{LONG_NAME}"
path = "/nowhere/{"long-folder/" * 12}card.so"
"""
MACHINE = """\
[[site]]
origin = "https://city.example.jp"
name = "市役所"
[[driver]]
name = "Card"
path = "/nowhere/card.so"
"""
ASKED = [
    "https://xn--bid-qdd.example.jp",
    "https://ebid.example.jp.evil.example",
    "https://xn--wgv71a119e.example",
    LONG_ORIGIN.replace("ebid", "ebld"),
    "http://localhost:3000",
]


def pages(shown: Settings, language: str) -> Iterator[str]:
    """Turns to one page after the other."""
    words = CATALOGUES["en" if language == "en" else "ja"]

    def open_form(button: str, place: int = 0) -> None:
        shown.click(shown.buttons(words[button])[place])

    yield "sites"
    open_form("site_add")
    shown.type_text("x")
    shown.press("Return")
    yield "address"
    shown.press("Escape")
    open_form("change", -1)
    yield "change"
    shown.press("Escape")
    open_form("site_remove", 1 if os.geteuid() == 0 else 0)
    yield "remove"
    shown.press("Escape")
    shown.turn_to(words["refused"])
    yield "refused"
    for place in range(2):
        open_form("allow_ask", place)
        yield f"allow {place}"
        shown.press("Escape")
    shown.click(shown.buttons(words["forget"])[0])
    yield "forgotten"
    shown.turn_to(words["drivers"])
    yield "drivers"
    open_form("driver_add")
    yield "driver form"
    shown.press("Escape")
    open_form("driver_try")
    shown.until(lambda: words["failed"] in shown.words())
    yield "failed"
    shown.press("Escape")
    shown.turn_to(words["general"])
    yield "general"
    shown.files.user.write_text("[ui]\nqueue = 'many'\n")
    shown.until(
        lambda: str(shown.files.user.name) in shown.words() and words["broken_title"] in shown.words()
    )
    yield "broken"


def found(desktop: Desktop, folder: Path, language: str) -> list[str]:
    files = files_in(folder, user=USER % language, machine=MACHINE if os.geteuid() == 0 else None)
    refused.remember(files.refused, [Refusal(origin=each, at=1_795_000_000) for each in ASKED])
    wrong: list[str] = []
    with settings_window(desktop, files) as shown:
        for page in pages(shown, language):
            wrong += [f"{page}: {fault}" for fault in faults(shown)]
    return wrong


@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.slow)])
def test_fits(screen: Desktop, tmp_path: Path, language: str) -> None:
    assert found(screen, tmp_path, language) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "dpi"), [("2600x1900", 192), ("1024x768", 96), ("1280x720", 96), ("1024x768", 192)]
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_fits_on_every_screen(desktops: Desktops, tmp_path: Path, size: str, dpi: int, language: str) -> None:
    assert found(desktops(size, dpi), tmp_path, language) == []


def test_grows_with_the_resolution(desktops: Desktops, screen: Desktop, tmp_path: Path) -> None:
    sizes = []
    for desktop in (screen, desktops("2600x1900", 192)):
        with settings_window(desktop, files_in(tmp_path)) as shown:
            shown.pump()
            sizes.append((shown.root.winfo_width(), shown.root.winfo_height()))
            assert faults(shown) == []
    assert sizes[1] == pytest.approx((2 * sizes[0][0], 2 * sizes[0][1]), rel=0.03)
