"""The icon by GTK: as AppIndicator (StatusNotifierItem over D-Bus, else XEMBED), or as XEMBED alone.

Needs python3-gi with GTK 3, and gir1.2-ayatanaappindicator3-0.1 for the AppIndicator. Both give a menu.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gio, GLib, Gtk  # noqa: E402 - after its version

from bridge.core.names import NAMES  # noqa: E402 - likewise

try:
    from pystray import _appindicator as _pystray

    NAME = "appindicator"
except (ImportError, ValueError):  # gi.require_version's way to say that it is not installed
    from pystray import _gtk as _pystray

    NAME = "gtk"

_NOTIFY_MS = 8000

for _domain in ("libayatana-appindicator", "LIBDBUSMENU-GLIB"):  # they say where there is no session bus
    GLib.log_set_handler(_domain, GLib.LogLevelFlags.LEVEL_WARNING, lambda *_: None)


class Picture:
    """A PNG that is shown from where it is."""

    def __init__(self, path: Path) -> None:
        self.path = path


picture = Picture


class Icon(_pystray.Icon):  # type: ignore[misc]
    """pystray's, without its temporary files and without its notifications, which need a session bus."""

    _menu_handle: Any = None
    _words: list[str]
    _entries: list[str]

    def _initialize(self) -> None:
        self._notifier = _NoNotifier()
        self._mark_ready()

    def _update_menu(self) -> None:
        """What is clicked stays the same item: only the words above the first line come and go."""
        GLib.idle_add(self._renew_menu)

    def _renew_menu(self) -> bool:
        descriptors = list(self.menu)
        words = [each.text for each in itertools.takewhile(lambda each: not each.enabled, descriptors)]
        entries = [each.text for each in descriptors[len(words) :]]
        if self._menu_handle is not None and entries == self._entries:
            _set_words(self._menu_handle, self._words, words)
        else:
            self._menu_handle = self._create_menu(descriptors)
            self._hand_over_menu()
        self._words, self._entries = words, entries
        return False

    def _hand_over_menu(self) -> None:
        if NAME == "appindicator":
            self._appindicator.set_menu(self._menu_handle)

    def _update_fs_icon(self) -> None:
        self._icon_path = str(self.icon.path)
        self._icon_valid = True

    def _remove_fs_icon(self) -> None:
        self._icon_valid = False


def _set_words(menu: Gtk.Menu, before: list[str], words: list[str]) -> None:
    for item in menu.get_children()[len(words) : len(before)]:
        menu.remove(item)
    for item, word in zip(menu.get_children(), words[: len(before)], strict=False):
        item.set_label(word)
    for place, word in enumerate(words[len(before) :], len(before)):
        item = Gtk.MenuItem.new_with_label(word)
        item.set_sensitive(False)
        item.show()
        menu.insert(item, place)


class _NoNotifier:
    def hide(self) -> None:
        """Nothing was shown."""


def notify(icon: Icon, title: str, text: str, path: Path, answer: Callable[[bool], None]) -> None:
    """By org.freedesktop.Notifications (Desktop Notifications Specification 1.2), where there is one."""
    arguments: tuple[Any, ...] = (
        NAMES["ja"]["program"],
        0,
        str(path),
        title,
        GLib.markup_escape_text(text),
        [],
        {},
        -1,
    )

    def ended(connection: Gio.DBusConnection, result: Gio.AsyncResult) -> None:
        try:
            connection.call_finish(result)
        except GLib.Error:
            answer(False)
        else:
            answer(True)

    def connected(_: Any, result: Gio.AsyncResult) -> None:
        try:
            connection = Gio.bus_get_finish(result)
        except GLib.Error:
            answer(False)
            return
        connection.call(
            "org.freedesktop.Notifications",
            "/org/freedesktop/Notifications",
            "org.freedesktop.Notifications",
            "Notify",
            GLib.Variant("(susssasa{sv}i)", arguments),
            GLib.VariantType("(u)"),
            Gio.DBusCallFlags.NONE,
            _NOTIFY_MS,
            None,
            ended,
        )

    GLib.idle_add(lambda: Gio.bus_get(Gio.BusType.SESSION, None, connected) and False)
