"""Pictures of every window at 100 and 200 %: ``python -m tests.ui.gallery web-demo/screenshots/windows``.

At 200 % the display has twice the dots per inch, as with a desktop's scaling.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.core.consent import Open
from bridge.core.document import SignerDocument
from bridge.core.pinentry import PinOutcome
from cardbridge_demo.desktop import Desktop, desktop
from tests.ui.fitting import faults
from tests.ui.scenes import LONG_HOLDER, STRANGER, scenes
from tests.ui.shots import PICTURES as STATES
from tests.ui.shots_documents import PICTURES as DOCUMENTS
from tests.ui.shots_documents import signing
from tests.ui.stage import Stage, open_stage

SCALINGS = {"100": ("1400x1000", 96), "200": ("2800x2000", 192)}
_COLOURS = {"100": 64, "200": 48}
Scene = tuple[Open, list[SignerDocument] | None, Callable[[Stage], object]]


def _locked(shown: Stage) -> None:
    shown.enter("1234")
    shown.say(PinOutcome(verdict="locked", pin_state="locked"))


def _failed(shown: Stage) -> None:
    shown.enter("1234")
    shown.say(PinOutcome(verdict="failed"))


def _wrong_puk(shown: Stage) -> None:
    shown.enter("12345678", "5678", "5678")
    shown.say(PinOutcome(verdict="incorrect", tries_left=2))


def _typed_wrongly(shown: Stage) -> None:
    shown.enter("1234", "135790")
    shown.type_text("13579")
    shown.press("2")


def _nothing(shown: Stage) -> None:
    pass


def windows() -> dict[str, Scene]:
    """Every screen, and what a screen comes to, by the picture's name."""
    plain = scenes()
    stranger, long = scenes(program=STRANGER), scenes(LONG_HOLDER)
    found: dict[str, Scene] = {
        name: (plain[name], None, _nothing)
        for name in ("card", "give", "change-final", "change-keypad", "unblock-keypad", "working")
    }
    found |= {name: (plain[scene], None, act) for name, (scene, act) in STATES.items()}
    found |= {name: (signing(documents), documents, act) for name, (documents, act) in DOCUMENTS.items()}
    return found | {
        "locked": (plain["pin"], None, _locked),
        "failed": (plain["pin"], None, _failed),
        "wrong-puk": (plain["unblock"], None, _wrong_puk),
        "change-mismatch": (plain["change"], None, _typed_wrongly),
        "stranger": (stranger["pin"], None, _nothing),
        "long-names": (long["pin"], None, _nothing),
        "dark": (plain["pin-contact"], None, _nothing),
        "dark-choose": (plain["choose"], None, _nothing),
        "dark-sign-tricks": found["sign-tricks"],
        "english": (scenes(language="en")["pin-final"], None, _nothing),
    }


def take(folder: Path, screen: Desktop, scaling: str) -> list[str]:
    """One picture of each window into `folder`; what is cut off, overlaps or leaves the screen."""
    found: list[str] = []
    for name, (opening, documents, act) in windows().items():
        with pytest.MonkeyPatch.context() as desk, ExitStack() as opened:
            desk.setattr("bridge.ui.theme.prefers_dark", lambda name=name: name.startswith("dark"))
            shown = opened.enter_context(open_stage(screen, opening, documents))
            act(shown)
            shown.pump(0.4)
            found += [f"{name} at {scaling} %: {fault}" for fault in faults(shown)]
            path = folder / f"{name}-{scaling}.png"
            reduce(screen.screenshot(path, window=screen.windows()[-1]), _COLOURS[scaling])
    return found


def reduce(picture: Path, colours: int) -> None:
    """To few colours: a third of the size, and nothing that an eye would miss."""
    command = ["convert", str(picture), "-strip", "+dither", "-colors", str(colours), f"PNG8:{picture}"]
    subprocess.run(command, check=True)


def main(folder: Path) -> list[str]:
    """Write all of them; the faults of all."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    with ExitStack() as running:  # all at once: Tk never lets go of a display
        screens = {
            scaling: running.enter_context(desktop(f"{size}x24", dpi))
            for scaling, (size, dpi) in SCALINGS.items()
        }
        for scaling, screen in screens.items():
            found += take(folder, screen, scaling)
    return found


if __name__ == "__main__":
    sys.exit("\n".join(main(Path(sys.argv[1]))) or None)
