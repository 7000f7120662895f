"""A sentence that no page shows: how a PIN change ended, a certificate's end."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable

from bridge.core.desktop import Show
from bridge.ui import own
from bridge.ui.plainwindow import PlainWindow
from bridge.ui.texts import Texts


def main(argv: list[str]) -> int:
    return own.run(argv, build)


def build(root: tk.Tk, show: Show, daemon: own.Daemon) -> Callable[[Show], None]:
    """Fill the window; what comes while it is open is added below."""
    texts = Texts(show.language)
    window = PlainWindow(root, texts("title"))
    window.message(show.title, show.text)
    window.button(texts("close"), root.destroy, is_default=True)
    window.finish()

    def add(again: Show) -> None:
        window.message(again.title, again.text)
        window.finish()

    return add


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
