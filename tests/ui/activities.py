"""The window 最近の操作 in the test's own process, on a real display, and a log to show in it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from bridge.audit.files import AuditFiles
from bridge.core.audit import AuditEntry, Documents, UsedCertificate
from bridge.core.language import Language
from bridge.ui.activity import ActivityWindow
from bridge.ui.records import COLUMNS
from cardbridge_demo.desktop import Desktop
from tests.ui.scenes import HOSTILE, HOSTILE_HOLDER, LONG_HOLDER, LONG_SITE
from tests.ui.stage import Pumped

PATIENCE_S = 30.0
SITE = "https://ebid.example.jp"
CERTIFICATE = UsedCertificate(
    common_name="見本　太郎", issuer="カードブリッジ実演用認証局", thumbprint="7f" * 32
)
_PLAIN = AuditEntry(time="", what="authenticate", result="ok", origin=SITE, certificate=CERTIFICATE)


def _documents(count: int) -> Documents:
    return Documents(
        count=count, size_bytes=15880 * count, media_types=("application/pdf", "application/xml")
    )


ORDINARY = (
    replace(_PLAIN, what="siteAllowed", certificate=None),
    replace(_PLAIN, result="noReader", certificate=None),
    replace(_PLAIN, result="pinIncorrect"),
    _PLAIN,
    replace(_PLAIN, what="sign", documents=_documents(1)),
    replace(_PLAIN, what="changePin", origin=""),
    replace(
        _PLAIN,
        what="refused",
        result="originNotPermitted",
        origin="https://kagoshima-densi-nyusatsu.example.net:8443",
        certificate=None,
    ),
    replace(_PLAIN, what="sign", result="cardRemoved", documents=_documents(120)),
    replace(_PLAIN, what="chooseSignature", result="userCancelled"),
    replace(_PLAIN, what="sign", documents=_documents(3)),
)
LONG = (
    replace(
        _PLAIN,
        what="chooseAuthentication",
        result="unsupportedAlgorithm",
        origin=LONG_SITE.origin,
        certificate=UsedCertificate(
            common_name=LONG_HOLDER.common_name, issuer=LONG_HOLDER.issuer, thumbprint="7f" * 32
        ),
    ),
) * 12
ODD = (
    replace(
        _PLAIN,
        result=HOSTILE,
        origin=f"https://a.example\u202e{HOSTILE}",
        certificate=UsedCertificate(
            common_name=HOSTILE_HOLDER.common_name, issuer=HOSTILE, thumbprint=HOSTILE
        ),
    ),
)


def write(folder: Path, entries: tuple[AuditEntry, ...] = ORDINARY) -> AuditFiles:
    """A log in `folder`, an entry each eleven minutes."""
    log = AuditFiles(folder)
    for number, entry in enumerate(entries):
        hour, minute = divmod(11 * number, 60)
        log.append(replace(entry, time=f"2026-11-27T0{hour}:{minute:02d}:07.123Z"))
    return log


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Pumped):
    """The window, and a person's hands and eyes."""

    window: ActivityWindow

    def told(self) -> str:
        return self.text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.desktop.press(key)
            self.pump()

    def button(self, text: str) -> tk.Button:
        return next(w for w in self.widgets() if isinstance(w, tk.Button) and w["text"] == text)

    def rows(self) -> list[tuple[str, ...]]:
        """What stands in the table."""
        tree = self.window.table.tree
        return [tuple(str(tree.set(item, column)) for column in COLUMNS) for item in tree.get_children()]

    def text(self) -> str:
        """What stands below the table."""
        (view,) = (widget for widget in self.widgets() if isinstance(widget, tk.Text))
        return view.get("1.0", "end").strip()

    def labels(self) -> str:
        return "\n".join(str(w["text"]) for w in self.widgets() if isinstance(w, tk.Label))


@contextmanager
def activity_window(desktop: Desktop, folder: Path, language: Language = "ja") -> Iterator[Shown]:
    """The window over the log in `folder`, on the screen and with the keyboard."""
    root = tk.Tk(screenName=desktop.display, className="cardbridge")
    root.withdraw()
    try:
        shown = Shown(desktop=desktop, root=root, window=ActivityWindow(root, folder, language))
        shown.until(lambda: root.winfo_viewable())
        root.focus_force()
        shown.until(root.focus_displayof)
        shown.window.table.tree.focus_set()
        shown.pump()
        yield shown
    finally:
        with suppress(tk.TclError):
            root.destroy()
