"""The settings process.

Command line of the child: no connections (an empty first argument), then, where they are not the usual ones,
the user's configuration and the list of refused sites:
``children.spawn("settings", [], [str(config), str(paths.refused_file())])``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bridge import paths
from bridge.preferences.model import Files


def main(argv: list[str]) -> int:
    """Show the window until it is closed; 1 where none can be opened."""
    user = Path(argv[1]) if len(argv) > 1 else paths.config_file()
    refused = Path(argv[2]) if len(argv) > 2 else paths.refused_file()
    return show(Files(user=user, machine=paths.machine_config_file(), refused=refused))


def show(files: Files) -> int:
    """The same in this process."""
    import tkinter as tk

    from bridge.preferences.model import Model
    from bridge.preferences.window import SettingsWindow

    try:
        root = tk.Tk(className="cardbridge")
    except tk.TclError as error:
        sys.stderr.write(f"窓を開けません / no window can be opened: {error}\n")
        return 1
    root.withdraw()
    SettingsWindow(root, Model(files)).present()
    root.mainloop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
