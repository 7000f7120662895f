"""The window of a process before it is shown."""

from __future__ import annotations

import sys
import tkinter as tk


def hidden_root() -> tk.Tk | None:
    """The window before it is shown; None where there is no display, which is said on stderr."""
    try:
        root = tk.Tk(className="cardbridge")
    except tk.TclError as error:
        sys.stderr.write(f"窓を開けません / no window can be opened: {error}\n")
        return None
    root.withdraw()
    return root
