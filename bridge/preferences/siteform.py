"""Allowing a site, and changing its rules. The origin stands there in full, with what is to be said of it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from bridge.core.origin import InvalidOrigin, Origin
from bridge.core.settings import SiteSettings
from bridge.preferences.choice import Choice
from bridge.preferences.parts import caption, heading, hint, origin_in_full
from bridge.ui.characters import origin_line
from bridge.ui.checkbox import CheckBox
from bridge.ui.guard import GUARD_S

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow

_LONGEST_S = 86400
_LONGEST_NAME = 100


def minutes(seconds: int) -> str:
    """Seconds as minutes, with a fraction only where there is one."""
    return f"{seconds / 60:g}"


def seconds_of(text: str) -> int | None:
    """The seconds in so many minutes; None where it is no number, or no time that a rule can have."""
    try:
        seconds = round(float(text.strip()) * 60)
    except (ValueError, OverflowError):
        return None
    return seconds if 1 <= seconds <= _LONGEST_S else None


def ask_address(window: SettingsWindow) -> None:
    """Let the user type an origin; then it is shown in full."""
    window.open(_address)


def _address(window: SettingsWindow) -> None:
    theme, texts = window.theme, window.texts
    heading(window, texts("site_add"))
    caption(window, texts("address"))
    entry = theme.entry(window.body)
    entry.pack(fill="x", ipady=theme.px(3))
    hint(window, texts("address_about"))
    hint(window, texts("address_example"))

    def go_on(_: object = None) -> None:
        text = entry.get().strip()
        try:
            origin = Origin.parse(text.removesuffix("/"))
        except InvalidOrigin:
            window.say(texts("address_wrong"), is_alert=True)
            return
        if not origin.is_permissible:
            window.say(texts("address_insecure"), is_alert=True)
        elif window.model.site(origin) is not None:
            window.say(texts("address_known"), is_alert=True)
        else:
            allow(window, origin)

    _enter(entry, go_on)
    window.button(texts("cancel"), window.back)
    window.button(texts("address_next"), go_on, is_default=True)
    entry.focus_set()


def allow(window: SettingsWindow, origin: Origin, name: str = "") -> None:
    """Ask whether `origin` is to be allowed; `name` is one that the user may keep."""
    window.open(lambda window: _Form(window, SiteSettings(origin=str(origin), name=name), is_new=True))


def change(window: SettingsWindow, site: SiteSettings) -> None:
    """Change the rules of a site that is allowed."""
    window.open(lambda window: _Form(window, site, is_new=False))


class _Form:
    """Nothing can be pressed for the first half second: what is asked is to be read first."""

    def __init__(self, window: SettingsWindow, site: SiteSettings, *, is_new: bool) -> None:
        self._window, self._site, self._is_new = window, site, is_new
        theme, texts = window.theme, window.texts
        sight = window.model.seen(site.parsed_origin)
        heading(window, texts("allow_title" if is_new else "change_title"))
        origin_in_full(window, sight)
        self._understood: CheckBox | None = None
        if is_new:
            if sight.is_suspicious:
                self._understood = CheckBox(theme, window.body, texts("understood"), self._may_press)
                self._understood.widget.pack(anchor="w", pady=(theme.px(6), 0))
            hint(window, texts("allow_about"))
        caption(window, texts("name"))
        self._name = theme.entry(window.body)
        self._name.insert(0, site.name)
        self._name.pack(fill="x", ipady=theme.px(3))
        self._make_rule()
        if site.allow_hash_signing:
            hint(window, texts("hash_allowed"))
        window.button(texts("cancel"), window.back)
        self._ok = window.button(texts("allow" if is_new else "save"), self._save, is_default=True)
        self._is_read = False
        theme.enable(self._ok, is_enabled=False)
        self._ok.after(round(GUARD_S * 1000), self._now_read)
        for entry in (self._name, self._idle, self._longest):
            _enter(entry, lambda _: self._ok.invoke())
        self._name.focus_set()

    def _make_rule(self) -> None:
        window, theme, texts = self._window, self._window.theme, self._window.texts
        caption(window, texts("pin_rule"))
        names: dict[Literal["each", "session"], str] = {
            "each": texts("pin_each"),
            "session": texts("pin_session"),
        }
        self._rule: Choice[Literal["each", "session"]] = Choice(
            theme, window.body, names, self._site.pin, self._show_times
        )
        row = theme.frame(window.body)
        row.pack(anchor="w", padx=(theme.px(26), 0))
        self._idle = self._minutes(row, texts("pin_idle"), self._site.pin_idle_s)
        self._longest = self._minutes(row, texts("pin_longest"), self._site.pin_max_s)
        hint(window, texts("pin_session_about"))
        self._show_times()

    def _minutes(self, row: tk.Frame, name: str, seconds: int) -> tk.Entry:
        theme = self._window.theme
        theme.label(row, name, kind=theme.small).pack(side="left", padx=(0, theme.px(6)))
        entry = theme.entry(row)
        entry.configure(width=6, justify="right")
        entry.insert(0, minutes(seconds))
        entry.pack(side="left", padx=(0, theme.px(16)))
        return entry

    def _show_times(self) -> None:
        for entry in (self._idle, self._longest):
            entry.configure(state="normal" if self._rule.chosen == "session" else "disabled")

    def _now_read(self) -> None:
        self._is_read = True
        self._may_press()

    def _may_press(self) -> None:
        may = self._is_read and (self._understood is None or self._understood.is_ticked)
        self._window.theme.enable(self._ok, is_enabled=may)

    def _save(self) -> None:
        window, texts = self._window, self._window.texts
        idle, longest = (seconds_of(entry.get()) for entry in (self._idle, self._longest))
        if self._rule.chosen == "session" and (idle is None or longest is None):
            window.say(texts("minutes_wrong"), is_alert=True)
            return
        former = self._site
        site = msgspec.structs.replace(
            former,
            name=self._name.get().strip()[:_LONGEST_NAME],
            pin=self._rule.chosen,
            pin_idle_s=idle or former.pin_idle_s,
            pin_max_s=longest or former.pin_max_s,
        )
        editor = window.model.editor
        undo: Callable[[], object] = (
            (lambda: editor.remove_site(site.origin)) if self._is_new else (lambda: editor.add_site(former))
        )
        said = texts("allowed" if self._is_new else "saved", site=origin_line(site.origin))
        window.tabs.choose("sites")
        window.done(lambda: editor.add_site(site), lambda: said, undo=undo)


def _enter(entry: tk.Entry, action: Callable[[tk.Event[tk.Misc]], object]) -> None:
    for key in ("<Return>", "<KP_Enter>"):
        entry.bind(key, action)
