"""What Tk does not ask of the X server, asked over a connection of its own."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PLAIN = (  # X11/keysymdef.h, XF86keysym.h, Sunkeysym.h
    range(1),
    range(0x20, 0x100),  # Latin-1
    range(0x4A1, 0x4E0),  # kana
    range(0xFE01, 0xFE50),  # switches of layouts and levels; then come dead keys
    range(0xFE70, 0xFE80),  # for the accessibility
    range(0xFED0, 0xFF20),  # pointer and function keys; then comes Multi_key
    range(0xFF21, 0x10000),
    range(0x1005FF60, 0x1005FF80),
    range(0x10080000, 0x10090000),  # a volume, a browser, a screen's brightness
)


def xft_dpi(screen: str) -> float:
    """The resource Xft.dpi of this display; 0 where there is none."""
    with _opened(screen) as (xlib, display):
        xlib.XGetDefault.restype = ctypes.c_char_p
        xlib.XGetDefault.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
        value = xlib.XGetDefault(display, b"Xft", b"dpi")
        return float(value) if value else 0.0


def types_plainly(screen: str) -> bool:
    """Whether no key of this display's keyboard, in any of its layouts, could begin a composition.

    Those are the dead keys, Multi_key, and letters of some scripts: whatever is not known to begin none.
    """
    with _opened(screen) as (xlib, display):
        number = ctypes.POINTER(ctypes.c_int)
        xlib.XDisplayKeycodes.argtypes = [ctypes.c_void_p, number, number]
        xlib.XGetKeyboardMapping.argtypes = [ctypes.c_void_p, ctypes.c_ubyte, ctypes.c_int, number]
        xlib.XGetKeyboardMapping.restype = ctypes.POINTER(ctypes.c_ulong)
        xlib.XFree.argtypes = [ctypes.c_void_p]
        first, last, columns = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        xlib.XDisplayKeycodes(display, first, last)
        keys = last.value - first.value + 1
        found = xlib.XGetKeyboardMapping(display, first.value, keys, columns)
        if not found:
            return False
        symbols = set(found[: keys * columns.value])
        xlib.XFree(found)
        return bool(symbols) and all(any(symbol in plain for plain in _PLAIN) for symbol in symbols)


@contextmanager
def _opened(screen: str) -> Iterator[tuple[ctypes.CDLL, int]]:
    """A connection.

    Raises:
        OSError: there is none.
    """
    if not sys.platform.startswith("linux"):
        raise OSError("no X server is asked here")
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XOpenDisplay.argtypes = [ctypes.c_char_p]
    xlib.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = xlib.XOpenDisplay(screen.encode())
    if not display:
        raise OSError("no display")
    try:
        yield xlib, display
    finally:
        xlib.XCloseDisplay(display)
