"""Adding a driver: it is tried first, in a process that may hang or crash while this window goes on."""

from __future__ import annotations

import sys
import tkinter as tk
from tkinter import filedialog
from typing import TYPE_CHECKING

from bridge.config import is_absolute
from bridge.core.errors import BridgeError, DriverNotFound
from bridge.core.readers import public_name
from bridge.core.sentences import user_message
from bridge.core.settings import DriverSettings
from bridge.pkcs11.trial import Trial
from bridge.pkcs11.wire import Inspected
from bridge.preferences.parts import caption, heading, hint, notice
from bridge.ui.characters import line

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow

_POLL_MS = 50
_ENDINGS = {"win32": "*.dll", "darwin": "*.dylib *.so"}


def ask(window: SettingsWindow) -> None:
    """Let the user say which file; then it is tried."""
    window.open(_Form)


class _Form:
    def __init__(self, window: SettingsWindow) -> None:
        self._window, theme, texts = window, window.theme, window.texts
        heading(window, texts("driver_add"))
        caption(window, texts("driver_name"))
        self._name = theme.entry(window.body)
        self._name.pack(fill="x", ipady=theme.px(3))
        caption(window, texts("driver_path"))
        row = theme.frame(window.body)
        row.pack(fill="x")
        self._path = theme.entry(row)
        browse = theme.small_button(row, texts("driver_browse"), self._browse)
        browse.pack(side="right", padx=(theme.px(6), 0))
        self._path.pack(side="left", fill="x", expand=True, ipady=theme.px(3))
        hint(window, texts("drivers_about"))
        for entry in (self._name, self._path):
            for key in ("<Return>", "<KP_Enter>"):
                entry.bind(key, lambda _: self._go_on())
        window.button(texts("cancel"), window.back)
        window.button(texts("driver_add_found"), self._go_on, is_default=True)
        self._name.focus_set()

    def _browse(self) -> None:
        texts = self._window.texts
        kinds = [
            (texts("driver_files"), _ENDINGS.get(sys.platform, "*.so*")),
            (texts("driver_all_files"), "*"),
        ]
        path = filedialog.askopenfilename(parent=self._window.root, filetypes=kinds)
        if path:
            self._path.delete(0, "end")
            self._path.insert(0, path)

    def _go_on(self) -> None:
        window, texts = self._window, self._window.texts
        name, path = self._name.get().strip(), self._path.get().strip()
        if not name:
            window.say(texts("driver_name_missing"), is_alert=True)
        elif any(driver.name == name for driver in window.model.settings.driver):
            window.say(texts("driver_name_taken"), is_alert=True)
        elif not is_absolute(path):
            window.say(texts("driver_path_wrong"), is_alert=True)
        else:
            try_out(window, DriverSettings(name=name, path=path), adds=True)


def try_out(window: SettingsWindow, driver: DriverSettings, *, adds: bool) -> None:
    """Load the module in a worker and say what it sees; with `adds`, add it where it can be used."""
    trial = _Trying(window, driver, adds=adds)
    window.open(trial.show, on_leave=trial.end)
    trial.start()


class _Trying:
    def __init__(self, window: SettingsWindow, driver: DriverSettings, *, adds: bool) -> None:
        self._window, self._driver, self._adds = window, driver, adds
        self._outcome: Inspected | BridgeError | None = None
        self._trial: Trial | None = None

    def start(self) -> None:
        self._trial = Trial(self._driver)
        self._poll()

    def end(self) -> None:
        if self._trial is not None:
            self._trial.end()
            self._trial = None

    def _poll(self) -> None:
        if self._trial is None:
            return  # the page has been left
        self._outcome = self._trial.outcome()
        if self._outcome is None:
            self._window.root.after(_POLL_MS, self._poll)
            return
        self.end()
        if isinstance(self._outcome, Inspected) and self._adds:
            self._add(self._outcome)
        else:
            self._window.draw()

    def _add(self, seen: Inspected) -> None:
        window, driver, texts = self._window, self._driver, self._window.texts
        editor = window.model.editor
        said = "\n".join([texts("driver_added", name=line(driver.name)), *_sights(window, seen)])
        window.tabs.choose("drivers")
        window.done(
            lambda: editor.add_driver(driver), lambda: said, undo=lambda: editor.remove_driver(driver.name)
        )

    def show(self, window: SettingsWindow) -> None:
        """The page: that it is being tried, or what came of it."""
        texts, outcome = window.texts, self._outcome
        if outcome is None:
            heading(window, texts("trying"))
            self._name(window)
            hint(window, texts("trying_about"))
            window.button(texts("cancel"), window.back).focus_set()
            return
        if isinstance(outcome, Inspected):
            heading(window, texts("tried"))
            self._name(window)
            for text in _sights(window, outcome):
                window.theme.label(window.body, text, width=window.inner).pack(anchor="w")
        else:
            heading(window, texts("failed"))
            self._name(window)
            is_missing = isinstance(outcome, DriverNotFound) and not outcome.sentence
            said = user_message(outcome, window.model.settings.ui.language)
            notice(window, texts("failed_missing") if is_missing else said)
            if self._adds and not is_missing:
                notice(window, texts("failed_add"))
            reason = ": ".join(filter(None, (outcome.reason, line(outcome.detail))))
            hint(window, texts("failed_reason", reason=reason))
        window.button(texts("back"), window.back).focus_set()

    def _name(self, window: SettingsWindow) -> None:
        for text, kind in ((self._driver.name, window.theme.bold), (self._driver.path, window.theme.small)):
            label: tk.Label = window.theme.label(window.body, line(text), kind=kind, width=window.inner)
            label.pack(anchor="w")


def _sights(window: SettingsWindow, seen: Inspected) -> list[str]:
    """What the module sees; nothing that names a holder."""
    texts = window.texts
    cards = [
        texts(
            "tried_token",
            reader=line(public_name(token.description)),
            model=line(token.model.strip()),
            count=len(token.certificates),
        )
        for token in seen.tokens
    ]
    cards += [texts("tried_unsupported", reader=line(public_name(name))) for name in seen.unrecognised]
    return [texts("tried_library", library=line(seen.library)), *(cards or [texts("tried_none")])]
