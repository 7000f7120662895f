"""The window 診断 as a process, opened by the daemon (`bridge.core.desktop`); or in the command's own."""

from __future__ import annotations

import gc
import sys
import tkinter as tk
from pathlib import Path

from bridge import paths
from bridge.core.desktop import Show
from bridge.core.language import Language
from bridge.doctor.place import Place
from bridge.doctor.window import DoctorWindow
from bridge.ui import own
from bridge.ui.root import hidden_root


def main(argv: list[str]) -> int:
    _collect_nothing()
    return own.run(argv, _opened_by_daemon)


def show(place: Place, language: Language) -> int:
    """The same in this process; 1 where no window can be opened."""
    if (root := hidden_root()) is None:
        return 1
    _collect_nothing()
    DoctorWindow(root, place, language)
    own.raise_window(root)
    root.mainloop()
    return 0


def _collect_nothing() -> None:
    """The checks are threads, and Tcl aborts a process in which a thread not its own frees its objects.

    What lies about until this short-lived process ends is little.
    """
    gc.disable()


def _opened_by_daemon(root: tk.Tk, show: Show, daemon: own.Daemon) -> None:
    user = Path(show.config_file) if show.config_file else paths.config_file()
    DoctorWindow(root, Place(user=user, machine=paths.machine_config_file()), show.language)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
