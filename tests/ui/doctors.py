"""The window 診断 in the test's own process, on a real display, over checks that a test chooses."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.core.finding import Finding
from bridge.core.language import Language
from bridge.doctor.place import Place
from bridge.doctor.running import Step
from bridge.doctor.window import DoctorWindow
from cardbridge_demo.desktop import Desktop
from tests.ui.stage import Pumped

PATIENCE_S = 60.0
ORDINARY = (
    Finding(id="program", code="version", state="ok", values={"version": "0.1.0"}),
    Finding(
        id="config",
        code="config_good",
        state="ok",
        values={"path": "/home/soumu/.config/cardbridge/config.toml"},
    ),
    Finding(id="daemon", code="running", state="ok", values={"url": "ws://127.0.0.1:28470/v1"}),
    Finding(id="pcsc", code="pcsc_good", state="ok"),
    Finding(
        id="readers", code="reader_present", state="ok", values={"reader": "SCR3310 USB Smart Card Reader"}
    ),
    Finding(
        id="driver.arch",
        code="driver_bits",
        state="failure",
        values={
            "name": "見本認証局",
            "path": "/opt/mihon-ca/lib/mihonpkcs11.so",
            "bits": "32",
        },
    ),
    Finding(
        id="driver.load", code="driver_good", state="ok", values={"name": "OpenSC", "library": "OpenSC 0.23"}
    ),
    Finding(
        id="certificate.validity",
        code="certificate_soon",
        state="warning",
        values={"card": "1", "end": "2026-12-20", "days": "23"},
    ),
    Finding(id="clock", code="clock_good", state="ok", values={"now": "2026-11-27 10:15 +0900"}),
    Finding(id="sites", code="sites_some", state="ok", values={"count": "1"}),
    Finding(
        id="browser",
        code="browser_asks",
        state="warning",
        values={
            "browser": "Google Chrome",
            "sites": "https://ebid.example.jp",
            "policy": "/etc/opt/chrome/policies/managed",
        },
    ),
    Finding(
        id="folders",
        code="folders_open",
        state="warning",
        values={"paths": "/home/soumu/.local/state/cardbridge/refused.json", "first": ""},
        repair="permissions",
    ),
    Finding(id="audit", code="audit_good", state="ok", values={"count": "128"}),
)
LONG = (
    Finding(
        id="driver.load",
        code="driver_fails",
        state="failure",
        values={"name": "長い名前の認証局ドライバ" * 8, "path": "/very/long/path/of/a/driver" * 12},
    ),
    Finding(
        id="driver.load",
        code="driver_hangs",
        state="failure",
        values={"name": "\u202e\x1b[31mevil", "path": "/x"},
    ),
) * 6


def steps(findings: Sequence[Finding]) -> tuple[Step, ...]:
    """Checks that find just that, one each."""

    def check(finding: Finding) -> Callable[[Place], Iterable[Finding]]:
        return lambda place: (finding,)

    return tuple(Step(id=each.id, check=check(each)) for each in findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Pumped):
    """The window, and a person's hands and eyes."""

    window: DoctorWindow

    def told(self) -> str:
        return self.text()

    def until_done(self) -> None:
        self.until(lambda: self.window.is_idle)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.desktop.press(key)
            self.pump()

    def button(self, text: str) -> tk.Button:
        return next(w for w in self.widgets() if isinstance(w, tk.Button) and w["text"] == text)

    def buttons(self) -> list[str]:
        return [str(w["text"]) for w in self.widgets() if isinstance(w, tk.Button)]

    def text(self) -> str:
        """What stands in the middle."""
        views = [widget for widget in self.widgets() if isinstance(widget, tk.Text)]
        return "\n".join(view.get("1.0", "end").strip() for view in views)

    def labels(self) -> str:
        return "\n".join(str(w["text"]) for w in self.widgets() if isinstance(w, tk.Label))


@contextmanager
def doctor_window(
    desktop: Desktop, config: Path, findings: Sequence[Finding] = ORDINARY, language: Language = "ja"
) -> Iterator[Shown]:
    """The window, its checks done, on the screen and with the keyboard."""
    root = tk.Tk(screenName=desktop.display, className="cardbridge")
    root.withdraw()
    try:
        place = Place(user=config, machine=None)
        shown = Shown(desktop=desktop, root=root, window=DoctorWindow(root, place, language, steps(findings)))
        shown.until(lambda: root.winfo_viewable())
        (root.focus_lastfor() or root).focus_force()  # not away from what the window has chosen already
        shown.until(root.focus_displayof)
        shown.until_done()
        shown.pump()
        yield shown
    finally:
        with suppress(tk.TclError):
            for waiting in root.tk.splitlist(root.tk.call("after", "info")):
                root.tk.call("after", "cancel", waiting)
            root.destroy()
