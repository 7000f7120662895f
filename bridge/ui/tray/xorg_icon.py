"""The icon by XEMBED alone, for where there is no gi: it has no menu, a click asks for a window instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import Xlib.X
from PIL import Image
from pystray import _xorg

NAME = "xorg"
_GROUND = "#f2f5f8"
_TITLE = "IC Card Bridge"


def picture(path: Path) -> Image.Image:
    """X's trays know no transparency here."""
    drawn = Image.open(path).convert("RGBA")
    ground = Image.new("RGBA", drawn.size, _GROUND)
    return Image.alpha_composite(ground, drawn).convert("RGB")


class Icon(_xorg.Icon):  # type: ignore[misc]
    """pystray's, which finds a tray that starts later, takes clicks of every button, and Japanese titles."""

    def __init__(self, name: str, icon: Any, title: str, menu: Any) -> None:
        super().__init__(name, icon, _TITLE, menu)
        self._title = title
        self._manager = self._display.intern_atom("MANAGER")
        self._window.change_attributes(
            event_mask=Xlib.X.ExposureMask | Xlib.X.StructureNotifyMask | Xlib.X.ButtonPressMask
        )
        # A tray that starts says so to the root window (ICCCM, section 2.8).
        self._display.screen().root.change_attributes(event_mask=Xlib.X.StructureNotifyMask)
        for_pystray = self._message_handlers[Xlib.X.ClientMessage]

        def on_client_message(event: Any) -> None:
            if event.client_type == self._manager:
                self._dock_window()
            else:
                for_pystray(event)

        self._message_handlers[Xlib.X.ClientMessage] = on_client_message
        Icon._update_title(self)  # the instance's own goes to the thread that runs the icon

    def _update_title(self) -> None:
        """As _NET_WM_NAME: WM_NAME is Latin-1."""
        display = self._display
        name, utf8 = display.intern_atom("_NET_WM_NAME"), display.intern_atom("UTF8_STRING")
        self._window.change_property(name, utf8, 8, self.title.encode())

    def _on_button_press(self, event: Any) -> None:
        if event.detail in (1, 2, 3):
            self()


def notify(icon: Icon, title: str, text: str, path: Path, answer: Callable[[bool], None]) -> None:
    """There is no way to: the daemon opens a window instead."""
    answer(False)
