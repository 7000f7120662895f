"""バージョン情報: which program this is, where it listens, where its settings are."""

from __future__ import annotations

import platform
import sys
import tkinter as tk

from bridge import __version__
from bridge.core.desktop import Show
from bridge.core.messages import PROTOCOL
from bridge.ui import own
from bridge.ui.characters import line
from bridge.ui.plainwindow import PlainWindow
from bridge.ui.texts import Texts


def main(argv: list[str]) -> int:
    return own.run(argv, build)


def build(root: tk.Tk, show: Show, daemon: own.Daemon) -> None:
    """Fill the window; the words can be selected and copied."""
    texts = Texts(show.language)
    window = PlainWindow(root, texts("title"))
    rows = (
        (texts("about_version"), __version__),
        (texts("about_protocol"), str(PROTOCOL)),
        (texts("about_address"), line(show.url) or texts("none")),
        (texts("about_config"), line(show.config_file) or texts("none")),
        (
            texts("about_system"),
            f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        ),
        (texts("about_licence"), texts("about_mit")),
    )
    for name, value in rows:
        window.row(name, value)
    window.button(texts("close"), root.destroy, is_default=True)
    window.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
