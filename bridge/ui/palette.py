"""The colours of all windows, for bright and for dark desktops. Pure."""

from __future__ import annotations

from bridge.core.record import Record


class Palette(Record):
    """Colours as Tk and CSS write them, ``#rrggbb``; what is legible upon what is tested.

    Args:
        ink, faint: text, and text that matters less.
        paper, panel: grounds, of the window and of what is set apart in it.
        line: separates; the ground of ordinary buttons, `line_active` of one under the mouse.
        edge: the border of entries and boxes to tick.
        band, on_band: of the site that asks.
        accent, accent_active, on_accent: the default button, what is selected, the focus of entries.
        alert, alert_paper: warnings, and their ground.
        chosen: the ground of the row that is selected.
        suspect_paper: the ground of characters that look like others.
        disabled, disabled_paper: buttons that cannot be pressed.
    """

    ink: str
    faint: str
    paper: str
    panel: str
    line: str
    line_active: str
    edge: str
    band: str
    on_band: str
    accent: str
    accent_active: str
    on_accent: str
    alert: str
    alert_paper: str
    chosen: str
    suspect_paper: str
    disabled: str
    disabled_paper: str


LIGHT = Palette(
    ink="#1b2733",
    faint="#55626e",
    paper="#ffffff",
    panel="#f2f5f8",
    line="#c9d3dc",
    line_active="#b4c1cc",
    edge="#7b8894",
    band="#12456b",
    on_band="#ffffff",
    accent="#12659c",
    accent_active="#0d4f7a",
    on_accent="#ffffff",
    alert="#a3210f",
    alert_paper="#fdf0ed",
    chosen="#e1edf6",
    suspect_paper="#ffe08a",
    disabled="#616e79",
    disabled_paper="#dde3e8",
)

DARK = Palette(
    ink="#e8edf2",
    faint="#aab6c1",
    paper="#1c232b",
    panel="#262f39",
    line="#3d4955",
    line_active="#4c5a68",
    edge="#7f8d9a",
    band="#0f3a5a",
    on_band="#ffffff",
    accent="#6fb7e9",
    accent_active="#93caf0",
    on_accent="#10202d",
    alert="#ff9d8c",
    alert_paper="#43231e",
    chosen="#1f4360",
    suspect_paper="#6b5300",
    disabled="#a3aeb8",
    disabled_paper="#333d47",
)
