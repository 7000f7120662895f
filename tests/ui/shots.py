"""The README's pictures of the windows: ``python -m tests.ui.shots web-demo/screenshots``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bridge.core.pinentry import PinOutcome
from cardbridge_demo.desktop import desktop
from tests.ui.hands import click
from tests.ui.scenes import scenes
from tests.ui.stage import Stage, open_stage


def _wrong_pin(shown: Stage) -> None:
    shown.enter("1234")
    shown.say(PinOutcome(verdict="incorrect", pin_state="finalTry"))
    click(shown.desktop, shown.box() or shown.root)
    shown.type_text("135790")


def _new_pin(shown: Stage) -> None:
    shown.enter("1234", "135790")
    shown.type_text("1357")


def _keypad(shown: Stage) -> None:
    shown.press("Return")


PICTURES: dict[str, tuple[str, Callable[[Stage], object]]] = {
    "window-pin": ("pin-contact", lambda shown: shown.type_text("1234")),
    "window-final-try": ("pin", _wrong_pin),
    "window-keypad": ("pin-keypad", _keypad),
    "window-change": ("change", _new_pin),
    "window-unblock": ("unblock", lambda shown: shown.type_text("12345678")),
    "window-choose": ("choose", lambda shown: shown.press("Down")),
    "window-in-use": ("in-use", lambda shown: None),
}


def main(folder: Path) -> None:
    """Write all of `PICTURES` into `folder`, as PNG at 96 dpi."""
    all_scenes = scenes()
    with desktop() as screen:
        for name, (scene, act) in PICTURES.items():
            with open_stage(screen, all_scenes[scene]) as shown:
                act(shown)
                shown.pump(0.2)
                screen.screenshot(folder / f"{name}.png", window=screen.windows()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
