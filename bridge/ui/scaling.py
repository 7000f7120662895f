"""How large a desktop wants its text."""

from __future__ import annotations

import tkinter as tk
from contextlib import suppress

from bridge.ui import xlib

_BASE_DPI = 96.0


def wanted_scale(root: tk.Tk) -> float:
    """1.0 at 96 dpi. Desktops on X say it as the resource Xft.dpi; else the display's size counts."""
    dpi = _xft_dpi(str(root.winfo_screen())) or root.winfo_fpixels("1i")
    return dpi / _BASE_DPI


def _xft_dpi(screen: str) -> float:
    """The resource Xft.dpi, which Tk 8.6 does not look at; 0 where there is none that could be meant."""
    with suppress(OSError, AttributeError, ValueError):
        dpi = xlib.xft_dpi(screen)
        return dpi if 48 <= dpi <= 480 else 0.0
    return 0.0
