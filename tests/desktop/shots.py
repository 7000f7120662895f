"""Pictures of tray, menu and small windows: ``python -m tests.desktop.shots web-demo/screenshots``."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bridge.core.desktop import Show, TrayState
from bridge.core.readers import Reader
from bridge.core.situation import Situation
from bridge.ui.status import expiry_notice, tray_state
from bridge.ui.tray.process import Tray
from bridge.ui.windows import OwnWindows
from cardbridge_demo.desktop import Desktop, desktop
from tests.desktop.panel import click_icon, trayer
from tests.ui.hands import resources

TOKYO = timezone(timedelta(hours=9))
NOW = datetime(2027, 1, 5, 9, 0, tzinfo=TOKYO)
END = datetime(2027, 3, 31, tzinfo=TOKYO)
URL, CONFIG = "ws://127.0.0.1:28470/v1", "/home/mihon/.config/cardbridge/config.toml"


def state() -> TrayState:
    situation = Situation(
        service_available=True,
        has_driver=True,
        readers=(Reader(name="見本リーダ", state="present"),),
        is_busy=False,
        ends=(END,),
        now=NOW,
    )
    return tray_state(situation, "ja")


async def menu(screen: Desktop, file: Path) -> None:
    """By GTK, in an XEMBED tray."""
    with trayer(screen):
        tray = Tray(state(), lambda _: None)
        keeping = asyncio.get_running_loop().create_task(tray.keep())
        await tray.settled()
        await asyncio.sleep(2)
        await asyncio.to_thread(click_icon, screen)
        await asyncio.sleep(2)
        screen.screenshot(file)
        _crop(file)
        keeping.cancel()
        await asyncio.wait([keeping])


def _crop(file: Path) -> None:
    """What is not black: the icon and its menu."""
    from PIL import Image

    image = Image.open(file).convert("RGB")
    image.crop(image.getbbox() or (0, 0, 1, 1)).save(file, optimize=True)


async def window(screen: Desktop, file: Path, name: str, show: Show) -> None:
    windows = OwnWindows()
    assert await windows.show(name, show)
    await asyncio.to_thread(screen.wait_for_window)
    screen.screenshot(file, window=screen.windows()[0])
    await windows.close()


async def pictures(folder: Path, screen: Desktop, suffix: str) -> None:
    expiry = expiry_notice(END, 14, "ja")
    await menu(screen, folder / f"tray-menu{suffix}.png")
    for name, show in {
        "about": Show(language="ja", url=URL, config_file=CONFIG),
        "message": Show(language="ja", title=expiry[0], text=expiry[1]),
        "menu": Show(language="ja", title=state().title, menu=state().menu),
    }.items():
        await window(screen, folder / f"window-{name}{suffix}.png", name, show)


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for scale, size in ((1, "700x420x24"), (2, "1400x1800x24")):
        with desktop(size, 96 * scale) as screen:
            os.environ.update(screen.env)
            os.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
            with resources(screen, f"Xft.dpi: {96 * scale}"):
                os.environ["GDK_SCALE"] = str(scale)
                time.sleep(1)
                asyncio.run(pictures(folder, screen, "" if scale == 1 else "-200"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
