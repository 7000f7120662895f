"""The window of a process before it is shown."""

from __future__ import annotations

import os
import sys
import tkinter as tk
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.ui import xlib

_TABLE = "XCOMPOSEFILE"  # Compose(5)
_OWN_TABLE = ".XCompose"


def hidden_root() -> tk.Tk | None:
    """The window before it is shown; None where there is no display, which is said on stderr."""
    try:
        with _compositions():
            root = tk.Tk(className="cardbridge")
    except tk.TclError as error:
        sys.stderr.write(f"窓を開けません / no window can be opened: {error}\n")
        return None
    root.withdraw()
    return root


@contextmanager
def _compositions() -> Iterator[None]:
    """Meanwhile Xlib finds its table of compositions empty, if no key could begin one.

    It would read half a MiB three times while Tk starts, 20 ms of CPU. It does where the keyboard has a
    dead key or Multi_key, and where the person has a table of their own.
    """
    if _are_wanted():
        yield
        return
    os.environ[_TABLE] = os.devnull
    try:
        yield
    finally:
        del os.environ[_TABLE]


def _are_wanted() -> bool:
    try:
        home = Path(os.environ.get("HOME") or Path.home())
        if _TABLE in os.environ or (home / _OWN_TABLE).exists():
            return True
        return not xlib.types_plainly(os.environ.get("DISPLAY", ""))
    except (OSError, AttributeError, RuntimeError):
        return True
