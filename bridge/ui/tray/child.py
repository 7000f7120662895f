"""The tray process: an icon by pystray, fed by the daemon.

Command line: the inherited connection, and which backend is wanted: `gi`, `xorg` or `native`. Runs under the
system's Python too (`boot`), so it imports nothing but the standard library, `children`, pystray, and what
its backend needs. What the messages mean: `bridge.core.desktop`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bridge.children import inherited

UNAVAILABLE = 3
"""The exit code where this backend does not work here."""

NAME = "ic-card-bridge"
ICONS = Path(__file__).with_name("icons")


def main(argv: list[str]) -> int:
    """Show the icon until the daemon is gone; `UNAVAILABLE` where that cannot be done."""
    (connection,) = inherited(argv[0])
    os.environ["PYSTRAY_BACKEND"] = "dummy"  # the backend is imported by its name below
    logging.getLogger("pystray").addHandler(logging.NullHandler())
    try:
        backend = _backend(argv[1])
    except Exception as error:  # whatever a desktop's libraries raise where there is no desktop
        sys.stderr.write(f"no tray by {argv[1]}: {error}\n")
        return UNAVAILABLE
    try:
        first = json.loads(connection.recv_bytes())
        Tray(connection, backend, first).run()
    except (EOFError, OSError):
        return 0
    return 0


def _backend(kind: str) -> Any:
    """A module with `NAME`, `Icon`, `picture` and `notify`."""
    from importlib import import_module

    return import_module(f"bridge.ui.tray.{kind}_icon")


class Tray:
    """Joins the icon with the connection: a thread reads, pystray has the main thread."""

    def __init__(self, connection: Connection, backend: Any, first: dict[str, Any]) -> None:
        self._connection, self._backend = connection, backend
        self._sending = threading.Lock()
        self._state = first
        self._pictures = {path.stem: path for path in ICONS.glob("*.png")}
        self.icon = backend.Icon(
            NAME, self._picture(first["icon"]), first["title"], self._menu(first["menu"])
        )

    def run(self) -> None:
        """Until the daemon is gone."""
        self.icon.run(self._begin)

    def _begin(self, _: Any) -> None:
        self.icon.visible = True
        self._send({"type": "ready", "backend": self._backend.NAME})
        threading.Thread(target=self._read, name="daemon", daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                message = json.loads(self._connection.recv_bytes())
                if message["type"] == "state":
                    self._show(message)
                elif message["type"] == "end":
                    raise EOFError
                else:
                    self._notify(message)
        except (EOFError, OSError):
            self.icon.stop()

    def _show(self, state: dict[str, Any]) -> None:
        """Touch only what differs: a menu that is open must not be made anew under the pointer."""
        before, self._state = self._state, state
        if state["icon"] != before["icon"]:
            self.icon.icon = self._picture(state["icon"])
        if state["title"] != before["title"]:
            self.icon.title = state["title"]
        if state["menu"] != before["menu"]:
            self.icon.menu = self._menu(state["menu"])

    def _notify(self, message: dict[str, Any]) -> None:
        number = message["number"]

        def answer(is_shown: bool) -> None:
            self._send({"type": "notified", "number": number, "isShown": is_shown})

        picture = self._pictures["attention"]
        self._backend.notify(self.icon, message["title"], message["text"], picture, answer)

    def _picture(self, name: str) -> Any:
        return self._backend.picture(self._pictures[name])

    def _menu(self, entries: list[dict[str, str]]) -> Any:
        from pystray._base import Menu, MenuItem

        def item(entry: dict[str, str]) -> Any:
            if "id" not in entry:
                return MenuItem(entry["label"], None, enabled=False) if entry.get("label") else Menu.SEPARATOR
            return MenuItem(entry["label"], self._chooser(entry["id"]))

        if not self._backend.Icon.HAS_MENU:  # its only action opens the menu as a window of ours
            return Menu(MenuItem(NAME, self._chooser("menu"), default=True))
        return Menu(*map(item, entries))

    def _chooser(self, id: str) -> Callable[[], None]:
        return lambda: self._send({"type": "choice", "id": id})

    def _send(self, message: dict[str, Any]) -> None:
        with self._sending:
            try:
                self._connection.send_bytes(json.dumps(message).encode())
            except OSError:
                return  # the daemon is gone: the reading thread ends this process


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
