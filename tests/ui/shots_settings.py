"""The settings window, also at 200 %: ``python -m tests.ui.shots_settings web-demo/screenshots``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bridge import refused
from bridge.core.refusals import Refusal
from cardbridge_demo.desktop import desktop
from tests.ui.settings_stage import Settings, files_in, settings_window

SCREENS = (("", "1400x1000x24", 96), ("-200", "2600x1900x24", 192))
MACHINE = """\
[[site]]
origin = "https://www.city.example.lg.jp"
name = "見本市"
"""
USER = """\
[[site]]
origin = "https://ebid.example.jp"
name = "かごしま県市町村電子入札システム"
pin = "session"

[[site]]
origin = "https://portal.example.jp:8443"

[[driver]]
name = "OpenSC"
path = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
"""
ASKED = (
    "https://www.town.example.lg.jp",
    "https://xn--bid-qdd.example.jp",
    "https://ebid.example.jp.evil.example",
)
_AT = 1_795_000_000


def main(folder: Path) -> None:
    """Write them into `folder`. As root: an administrator's file has to be root's."""
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    with ExitStack() as stack:  # Tk never lets go of a display that it has opened
        for suffix, size, dpi in SCREENS:
            screen = stack.enter_context(desktop(size, dpi))
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cardbridge-")))
            files = files_in(place, machine=MACHINE, user=USER)
            refused.remember(files.refused, [Refusal(origin=o, at=_AT + i) for i, o in enumerate(ASKED)])
            with settings_window(screen, files) as shown:
                for name in pages(shown):
                    shown.pump(0.3)
                    path = folder / f"window-settings-{name}{suffix}.png"
                    screen.screenshot(path, window=screen.windows()[0])


def pages(shown: Settings) -> Iterator[str]:
    """Turn to one page after the other."""
    yield "sites"
    shown.turn_to("許可を求めた")
    yield "refused"
    shown.click(shown.buttons("許可する…")[1])
    yield "allow"
    shown.press("Escape")
    shown.turn_to("カードのドライバ")
    yield "drivers"
    shown.turn_to("言語")
    yield "general"
    shown.files.user.write_text("[[site]]\norigin = 'http://ebid.example.jp'\n")
    shown.until(lambda: "誤り" in shown.words())
    yield "broken"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
