"""Language, start at login, and where everything is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge import __version__, autostart
from bridge.core.language import Language
from bridge.core.names import LANGUAGES
from bridge.preferences.choice import Choice
from bridge.preferences.parts import caption, hint
from bridge.ui.characters import line
from bridge.ui.checkbox import CheckBox

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow


def page(window: SettingsWindow) -> None:
    _language(window)
    _autostart(window)
    texts, files = window.texts, window.model.files
    caption(window, texts("files"))
    hint(window, texts("file_user", path=line(str(files.user))))
    if files.machine is not None and files.machine.exists():
        hint(window, texts("file_machine", path=line(str(files.machine))))
    hint(window, texts("version", version=__version__))


def _language(window: SettingsWindow) -> None:
    texts, layers = window.texts, window.model.layers
    caption(window, texts("language"))
    former = layers.settings.ui.language
    choice = Choice(window.theme, window.body, LANGUAGES, former, lambda: change(choice.chosen))

    def change(language: Language) -> None:
        editor = window.model.editor
        if language != former:
            window.done(
                lambda: editor.set_value("ui", "language", language),
                lambda: window.texts("language_saved"),
                undo=lambda: editor.set_value("ui", "language", former),
            )

    if layers.is_locked("ui.language"):
        choice.enable(is_enabled=False)
        hint(window, f"{texts('administrator')}{texts('colon')}{texts('administrator_value')}")


def _autostart(window: SettingsWindow) -> None:
    texts = window.texts
    caption(window, texts("autostart"))
    box = CheckBox(window.theme, window.body, texts("autostart_box"), lambda: switch(is_on=box.is_ticked))
    box.widget.pack(anchor="w")
    try:
        if autostart.is_on():
            box.tick()
    except OSError as error:
        box.enable(is_enabled=False)
        hint(window, texts("autostart_unknown", reason=error.strerror or error))

    def switch(*, is_on: bool) -> None:
        action, undo = autostart.turn_on, autostart.turn_off
        if not is_on:
            action, undo = undo, action
        said = texts("autostart_on" if is_on else "autostart_off")
        window.done(action, lambda: said, undo=undo)
        window.draw()
