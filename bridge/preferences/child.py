"""The settings process, opened by the daemon (`bridge.core.desktop`), by `cardbridge settings`, or alone.

Command line of the child: the daemon's connection, or none (an empty first argument) and then the user's
configuration and the list of refused sites, which may be left out.
"""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from bridge import paths
from bridge.core.desktop import Show
from bridge.preferences.model import Files, Model
from bridge.preferences.window import SettingsWindow
from bridge.ui import own
from bridge.ui.root import hidden_root


def main(argv: list[str]) -> int:
    """Show the window until it is closed; 1 where none can be opened."""
    if argv[:1] not in ([], [""]):
        return own.run(argv, _opened_by_daemon)
    user = Path(argv[1]) if len(argv) > 1 else paths.config_file()
    refused = Path(argv[2]) if len(argv) > 2 else None
    return show(Files.usual(user, refused))


def show(files: Files) -> int:
    """The same in this process."""
    if (root := hidden_root()) is None:
        return 1
    SettingsWindow(root, Model(files))
    own.raise_window(root)
    root.mainloop()
    return 0


def _opened_by_daemon(root: tk.Tk, show: Show, daemon: own.Daemon) -> Callable[[Show], None]:
    user = Path(show.config_file) if show.config_file else paths.config_file()
    window = SettingsWindow(root, Model(Files.usual(user)), page=show.page)

    def again(show: Show) -> None:
        window.turn_if_free(show.page)
        own.raise_window(root)

    return again


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
