"""The list of card drivers, and those that were found on this computer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bridge.core.settings import DriverSettings
from bridge.pkcs11.known import found_here
from bridge.preferences import driverform
from bridge.preferences.confirmation import confirm
from bridge.preferences.parts import Row, about, caption
from bridge.ui.characters import line

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow


def page(window: SettingsWindow) -> None:
    texts, model = window.texts, window.model
    is_locked = model.layers.is_locked("driver")
    about(window, texts("drivers_about"))
    for driver in model.settings.driver:
        _row(window, driver)
    if is_locked:
        about(window, texts("drivers_locked"))
    elif not model.settings.driver:
        about(window, texts("drivers_none"))
    if not is_locked:
        _offer_found(window)
    add = window.button(texts("driver_add"), lambda: driverform.ask(window), is_default=True)
    window.theme.enable(add, is_enabled=not is_locked)


def _row(window: SettingsWindow, driver: DriverSettings) -> None:
    texts = window.texts
    row = Row(window)
    row.text(line(driver.name), is_bold=True)
    row.text(line(driver.path), is_faint=True)
    is_theirs = window.model.layers.driver_source(driver.name) == "locked"
    if is_theirs:
        row.mark_administrators()
    row.button(texts("driver_try"), partial(driverform.try_out, window, driver, adds=False))
    row.button(texts("driver_remove"), partial(_ask_to_remove, window, driver), is_enabled=not is_theirs)


def _offer_found(window: SettingsWindow) -> None:
    texts, configured = window.texts, window.model.settings.driver
    paths, names = {driver.path for driver in configured}, {driver.name for driver in configured}
    found = {name: path for name, path in found_here().items() if path not in paths and name not in names}
    if not found:
        return
    caption(window, texts("drivers_found"))
    for name, path in found.items():
        row = Row(window)
        row.text(name, is_bold=True)
        row.text(path, is_faint=True)
        driver = DriverSettings(name=name, path=path)
        row.button(texts("driver_add_found"), partial(driverform.try_out, window, driver, adds=True))


def _ask_to_remove(window: SettingsWindow, driver: DriverSettings) -> None:
    texts, model = window.texts, window.model
    confirm(
        window,
        texts("driver_remove_title"),
        texts("driver_remove_about"),
        lines=[line(driver.name), line(driver.path)],
        ok=texts("driver_remove"),
        action=lambda: window.done(
            lambda: model.editor.remove_driver(driver.name),
            lambda: texts("driver_removed", name=line(driver.name)),
            undo=lambda: model.editor.add_driver(driver),
        ),
    )
