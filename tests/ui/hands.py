"""What `Desktop` has no hands for: keys held down, the mouse, full-width digits, a desktop's settings."""

from __future__ import annotations

import os
import re
import subprocess
import tkinter as tk
from collections.abc import Iterator
from contextlib import contextmanager

from cardbridge_demo.desktop import Desktop

_FIRST_SPARE_KEY = 13


def xdotool(desktop: Desktop, *arguments: str) -> str:
    return _run(desktop, ["xdotool", *arguments])


def _run(desktop: Desktop, command: list[str], text: str | None = None) -> str:
    environment = {**os.environ, **desktop.env}
    done = subprocess.run(command, env=environment, input=text, text=True, capture_output=True, check=True)
    return done.stdout


@contextmanager
def held(desktop: Desktop, key: str) -> Iterator[None]:
    """A key that somebody leans on."""
    xdotool(desktop, "keydown", key)
    try:
        yield
    finally:
        xdotool(desktop, "keyup", key)


def click(desktop: Desktop, widget: tk.Misc, button: int = 1) -> None:
    """Click into the middle of `widget`."""
    place = [
        "--window",
        str(widget.winfo_id()),
        str(widget.winfo_width() // 2),
        str(widget.winfo_height() // 2),
    ]
    xdotool(desktop, "mousemove", *place, "click", str(button))


def add_full_width_digits(desktop: Desktop) -> None:
    """Put ０ to ９ on spare keys, so that they can be typed: Tk does not see xdotool's own remapping."""
    keymap = _run(desktop, ["xkbcomp", "-w", "0", "-xkb", desktop.display, "-"])
    spare = [f"<FK{_FIRST_SPARE_KEY + digit}>" for digit in range(10)]
    for key in spare:
        keymap = re.sub(rf"    key {key} .*\n", "", keymap)
    keys = "".join(
        f'    key {key} {{ type="ONE_LEVEL", [ U{0xFF10 + digit:X} ] }};\n' for digit, key in enumerate(spare)
    )
    keymap = re.sub(r'(xkb_symbols "[^"]*" \{\n)', lambda found: found[1] + keys, keymap, count=1)
    _run(desktop, ["xkbcomp", "-w", "0", "-", desktop.display], keymap)


@contextmanager
def resources(desktop: Desktop, *lines: str) -> Iterator[None]:
    """X resources, with which a desktop tells its colours and its scaling."""
    _run(
        desktop,
        ["xprop", "-root", "-f", "RESOURCE_MANAGER", "8s", "-set", "RESOURCE_MANAGER", "\n".join(lines)],
    )
    try:
        yield
    finally:
        _run(desktop, ["xprop", "-root", "-remove", "RESOURCE_MANAGER"])


def properties(desktop: Desktop, window: str) -> str:
    return _run(desktop, ["xprop", "-id", window])


def stacking(desktop: Desktop) -> list[int]:
    """The ids of all windows, from the lowest to the highest."""
    said = _run(desktop, ["xprop", "-root", "_NET_CLIENT_LIST_STACKING"])
    return [int(id, 16) for id in said.partition("# ")[2].split(", ")]
