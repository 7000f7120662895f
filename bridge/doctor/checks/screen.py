"""Windows, the tray, and Japanese letters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bridge import children
from bridge import fonts as machine_fonts
from bridge.core.finding import Finding
from bridge.doctor.place import Place
from bridge.ui.tray.interpreter import candidates

_PATIENCE_S = 8.0
_ASK_GI = (
    "import gi; gi.require_version('Gtk', '3.0')\n"
    "try: gi.require_version('AyatanaAppIndicator3', '0.1')\n"
    "except ValueError: gi.require_version('AppIndicator3', '0.1')"
)
_FC_LIST = Path("/usr/bin/fc-list")


def display(place: Place) -> Iterable[Finding]:
    """Whether a window for the PIN can be opened."""
    if not sys.platform.startswith("linux"):
        yield Finding(id="display", code="display_good", state="ok")
    elif not children.has_display():
        yield Finding(id="display", code="display_none", state="failure")
    else:
        problem = _display_problem()
        if problem:
            yield Finding(id="display", code="display_refused", state="failure", detail=problem)
        else:
            yield Finding(id="display", code="display_good", state="ok")


def _display_problem() -> str:
    from Xlib.display import Display
    from Xlib.error import DisplayError

    try:
        Display().close()
    except (DisplayError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def tray(place: Place) -> Iterable[Finding]:
    """Which icon there will be: one with a menu, a bare one, or none."""
    offered = candidates()
    gi = next((command for command, backend in offered if backend == "gi"), None)
    if not offered:
        yield Finding(id="tray", code="tray_none", state="warning")
    elif not sys.platform.startswith("linux"):
        yield Finding(id="tray", code="tray_good", state="ok")
    elif gi is not None and _has_gi(gi[0]):
        yield Finding(id="tray", code="tray_good", state="ok")
    else:
        yield Finding(id="tray", code="tray_plain", state="warning")


def _has_gi(interpreter: str) -> bool:
    done = subprocess.run(  # noqa: S603 - the system's own interpreter and fixed words
        [interpreter, "-I", "-B", "-c", _ASK_GI],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    return done.returncode == 0


def fonts(place: Place) -> Iterable[Finding]:
    """Whether Japanese can be read in the windows."""
    found = next(machine_fonts.japanese(), None)
    if found is not None:
        yield Finding(id="fonts", code="fonts_good", state="ok", detail=found.path)
    elif _other_japanese():
        yield Finding(id="fonts", code="fonts_other", state="ok", detail=_other_japanese())
    else:
        yield Finding(id="fonts", code="fonts_none", state="warning")


def _other_japanese() -> str:
    """The families that fontconfig knows for Japanese."""
    if not _FC_LIST.exists():
        return ""
    listed = subprocess.run(  # noqa: S603 - a fixed program
        [str(_FC_LIST), ":lang=ja", "family"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_S,
        check=False,
    ).stdout.decode(errors="replace")
    return ", ".join(listed.splitlines()[:3])
