"""A question before something is taken away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bridge.preferences.parts import heading

if TYPE_CHECKING:
    from bridge.preferences.window import SettingsWindow


def confirm(
    window: SettingsWindow,
    title: str,
    about: str,
    *,
    lines: Sequence[str],
    ok: str,
    action: Callable[[], object],
) -> None:
    """Ask, with what it is about in `lines`; the keyboard is at Cancel."""

    def form(window: SettingsWindow) -> None:
        theme = window.theme
        heading(window, title)
        for line in lines:
            theme.label(window.body, line, kind=theme.bold, width=window.inner).pack(anchor="w")
        theme.label(window.body, about, width=window.inner).pack(anchor="w", pady=(theme.px(10), 0))
        window.button(window.texts("cancel"), window.back).focus_set()
        window.button(ok, action, is_default=True)

    window.open(form)
