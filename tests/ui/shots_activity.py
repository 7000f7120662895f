"""The pictures of 最近の操作, also at 200 %: ``python -m tests.ui.shots_activity web-demo/screenshots``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from cardbridge_demo.desktop import desktop
from tests.ui.activities import activity_window, write
from tests.ui.hands import click

PICTURES = (("window-activity", "1400x1000x24", 96), ("window-activity-200", "2600x1900x24", 192))


def main(folder: Path) -> None:
    """Write them, and the check of the log, into `folder`."""
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    with ExitStack() as stack:  # Tk never lets go of a display that it has opened
        for name, size, dpi in PICTURES:
            screen = stack.enter_context(desktop(size, dpi))
            place = stack.enter_context(tempfile.TemporaryDirectory())
            write(Path(place) / "audit")
            with activity_window(screen, Path(place) / "audit") as shown:
                shown.press("Down", "Down")
                shown.until(lambda: "カードが抜かれた" in shown.text())  # noqa: B023 - used at once
                screen.screenshot(folder / f"{name}.png", window=screen.windows()[0])
                click(screen, shown.button("点検"))
                shown.until(lambda: "異常はありません" in shown.text())  # noqa: B023 - used at once
                screen.screenshot(folder / f"{name}-check.png", window=screen.windows()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
