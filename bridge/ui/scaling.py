"""How large a desktop wants its text."""

from __future__ import annotations

import ctypes
import sys
import tkinter as tk
from contextlib import suppress

_BASE_DPI = 96.0


def wanted_scale(root: tk.Tk) -> float:
    """1.0 at 96 dpi. Desktops on X say it as the resource Xft.dpi; else the display's size counts."""
    dpi = _xft_dpi(str(root.winfo_screen())) or root.winfo_fpixels("1i")
    return dpi / _BASE_DPI


def _xft_dpi(screen: str) -> float:
    """The resource Xft.dpi, which Tk 8.6 does not look at; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0.0
    with suppress(OSError, AttributeError, ValueError):
        xlib = ctypes.CDLL("libX11.so.6")
        xlib.XOpenDisplay.restype = ctypes.c_void_p
        xlib.XOpenDisplay.argtypes = [ctypes.c_char_p]
        xlib.XCloseDisplay.argtypes = [ctypes.c_void_p]
        xlib.XGetDefault.restype = ctypes.c_char_p
        xlib.XGetDefault.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
        display = xlib.XOpenDisplay(screen.encode())
        if display:
            value = xlib.XGetDefault(display, b"Xft", b"dpi")
            dpi = float(value) if value else 0.0
            xlib.XCloseDisplay(display)
            return dpi if 48 <= dpi <= 480 else 0.0
    return 0.0
