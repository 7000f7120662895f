"""Everything can be reached without a mouse, in reading order, and one sees where the keyboard is."""

from __future__ import annotations

import tkinter as tk

import pytest

from bridge.core.consent import Cancelled
from cardbridge_demo.desktop import Desktop
from tests.ui.hands import xdotool
from tests.ui.scenes import scenes
from tests.ui.stage import Stage, open_stage, stage
from tests.unit.ui.test_palette import SHAPE, contrast

SCENES = scenes()
_CONTROLS = (tk.Button, tk.Checkbutton, tk.Entry, tk.Listbox, tk.Text)
_MOST_STOPS = 20


def reachable(shown: Stage) -> list[tk.Misc]:
    """What can be used now, as one reads: line by line."""
    usable = [
        widget
        for widget in shown.widgets()
        if isinstance(widget, _CONTROLS) and (isinstance(widget, tk.Text) or widget["state"] == "normal")
    ]
    return sorted(usable, key=lambda widget: (widget.winfo_rooty() // 12, widget.winfo_rootx()))


def tabbed(shown: Stage, key: str) -> list[tk.Misc]:
    """Where the keyboard goes with `key`, pressed until it has come round."""
    stops: list[tk.Misc] = []
    for _ in range(_MOST_STOPS):
        shown.press(key)
        focus = shown.focus()
        assert focus is not None
        if stops and focus is stops[0]:
            return stops
        stops.append(focus)
    raise AssertionError(f"{key} never comes round: {stops}")


def from_first(stops: list[tk.Misc], first: tk.Misc) -> list[tk.Misc]:
    place = stops.index(first)
    return stops[place:] + stops[:place]


@pytest.mark.parametrize(
    "name", ["card", "in-use", "choose", "give", "pin-contact", "pin-final", "sign-final", "unblock-final"]
)
def test_tab_in_reading_order(screen: Desktop, name: str) -> None:
    with open_stage(screen, SCENES[name]) as shown:
        wanted = reachable(shown)
        assert from_first(tabbed(shown, "Tab"), wanted[0]) == wanted
        assert from_first(tabbed(shown, "shift+Tab")[::-1], wanted[0]) == wanted


@pytest.mark.parametrize("name", ["choose", "pin-final", "sign-final", "unblock", "working"])
def test_focus_is_visible(screen: Desktop, name: str) -> None:
    """Each control has a frame of two pixels at least, which changes enough to be seen (WCAG 1.4.11)."""
    with open_stage(screen, SCENES[name]) as shown:
        for widget in reachable(shown):
            options = ("highlightcolor", "highlightbackground", "highlightthickness")
            colour, ground, width = (str(widget.cget(option)) for option in options)
            assert int(width) >= 2, widget
            changes = contrast(_hex(shown, colour), _hex(shown, ground))
            assert changes >= (1.5 if isinstance(widget, tk.Entry) else SHAPE), (widget, changes)


def _hex(shown: Stage, colour: str) -> str:
    return "#" + "".join(f"{part // 257:02x}" for part in shown.root.winfo_rgb(colour))


@pytest.mark.parametrize("name", ["card", "in-use", "choose", "give", "pin", "sign", "change", "working"])
def test_escape_cancels_every_screen(screen: Desktop, name: str) -> None:
    with open_stage(screen, SCENES[name]) as shown:
        shown.press("Escape")
        assert shown.answer() == Cancelled()


def test_close_box_is_guarded_too(screen: Desktop) -> None:
    """The window manager's key for closing, meant for the browser that was in front until now."""
    with stage(screen, SCENES["pin"]) as shown:
        xdotool(screen, "key", "alt+F4")
        shown.past_guard()
        shown.pump(0.3)
        assert shown.answer() is None
        shown.press("alt+F4")
        assert shown.awaited() == Cancelled()
