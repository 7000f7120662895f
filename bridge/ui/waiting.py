"""The screen that asks for a card."""

from __future__ import annotations

from collections.abc import Callable

from bridge.ui.parts import heading
from bridge.ui.window import Frame


def show(frame: Frame, on_cancel: Callable[[], None]) -> None:
    """Nothing to answer: the daemon shows the next screen when a card is there."""
    heading(frame, frame.texts("insert_title"))
    frame.theme.label(frame.body, frame.texts("insert")).pack(anchor="w", pady=(0, frame.theme.px(20)))
    cancel = frame.theme.button(frame.buttons, frame.texts("cancel"))
    cancel.configure(command=on_cancel)
    cancel.bind("<Return>", lambda _: cancel.invoke())
    cancel.pack()
    for key in ("<Return>", "<KP_Enter>"):
        frame.root.unbind(key)
    frame.present(frame.root)
