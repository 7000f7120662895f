"""The pictures of 診断, also at 200 %: ``python -m tests.ui.shots_doctor web-demo/screenshots``."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from cardbridge_demo.desktop import desktop
from tests.ui.doctors import doctor_window
from tests.ui.hands import click

PICTURES = (("window-doctor", "1400x1000x24", 96), ("window-doctor-200", "2600x1900x24", 192))


def main(folder: Path) -> None:
    """Write them, and the support file before it is saved, into `folder`."""
    with ExitStack() as stack:  # Tk never lets go of a display that it has opened
        for name, size, dpi in PICTURES:
            screen = stack.enter_context(desktop(size, dpi))
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            with doctor_window(screen, place / "config.toml") as shown:
                screen.screenshot(folder / f"{name}.png", window=screen.windows()[0])
                click(screen, shown.button("サポート用ファイル…"))
                shown.until(lambda: "README.txt" in shown.labels() or "保存" in shown.buttons())  # noqa: B023
                shown.press("Down")
                shown.until(lambda: "ドライバの種類" in shown.text())  # noqa: B023 - used at once
                screen.screenshot(folder / f"{name}-support.png", window=screen.windows()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
