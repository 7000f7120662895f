"""Draws the tray's icons: `python installer/draw_icons.py`. The PNGs are kept in the repository.

The states differ in shape, not in colour alone, and can be told apart at 16 pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = 64
_FINE = 8
_UNIT = SIZE * _FINE / 32
ICONS = Path(__file__).parents[1] / "bridge" / "ui" / "tray" / "icons"

CARD, EDGE, CHIP, EMPTY = "#12659c", "#ffffff", "#f3c64b", "#7d8b97"
GOOD, BUSY, ALERT = "#1d8a4e", "#6a3fb5", "#e8890c"


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
    return tuple(value * _UNIT for value in (left, top, right, bottom))


def _card(draw: ImageDraw.ImageDraw, *, is_there: bool) -> None:
    """A card with its chip, or only where one would be."""
    draw.rounded_rectangle(_box(1, 5, 31, 26), 3.5 * _UNIT, fill=EDGE)
    if is_there:
        draw.rounded_rectangle(_box(2, 6, 30, 25), 2.5 * _UNIT, fill=CARD)
        draw.rounded_rectangle(_box(6, 11, 14, 18), 1.2 * _UNIT, fill=CHIP)
        draw.line(_box(6, 14.5, 14, 14.5), fill=CARD, width=round(0.8 * _UNIT))
        draw.line(_box(10, 11, 10, 18), fill=CARD, width=round(0.8 * _UNIT))
        draw.line(_box(17, 12, 27, 12), fill=EDGE, width=round(1.6 * _UNIT))
    else:
        draw.rounded_rectangle(_box(2, 6, 30, 25), 2.5 * _UNIT, fill=EMPTY)
        draw.rounded_rectangle(_box(4.4, 8.4, 27.6, 22.6), 1.4 * _UNIT, fill=EDGE)
        draw.rounded_rectangle(_box(7, 12, 14, 18), 1.2 * _UNIT, fill=EMPTY)


def _badge(draw: ImageDraw.ImageDraw, colour: str) -> None:
    draw.ellipse(_box(14, 13, 32, 31), fill=EDGE)
    draw.ellipse(_box(15, 14, 31, 30), fill=colour)


def _ready(draw: ImageDraw.ImageDraw) -> None:
    _card(draw, is_there=False)


def _card_present(draw: ImageDraw.ImageDraw) -> None:
    _card(draw, is_there=True)
    _badge(draw, GOOD)
    points = [(18.6, 22.2), (21.8, 25.6), (27.4, 18.6)]
    draw.line([(x * _UNIT, y * _UNIT) for x, y in points], fill=EDGE, width=round(2.6 * _UNIT), joint="curve")


def _working(draw: ImageDraw.ImageDraw) -> None:
    _card(draw, is_there=True)
    _badge(draw, BUSY)
    for x in (19, 23, 27):
        draw.ellipse(_box(x - 1.5, 20.5, x + 1.5, 23.5), fill=EDGE)


def _attention(draw: ImageDraw.ImageDraw) -> None:
    _card(draw, is_there=True)
    outer = [(22.5, 10), (32, 31), (13, 31)]
    inner = [(22.5, 13), (30.2, 29.8), (14.8, 29.8)]
    draw.polygon([(x * _UNIT, y * _UNIT) for x, y in outer], fill=EDGE)
    draw.polygon([(x * _UNIT, y * _UNIT) for x, y in inner], fill=ALERT)
    draw.line(_box(22.5, 18.5, 22.5, 24), fill="#1b2733", width=round(2.4 * _UNIT))
    draw.ellipse(_box(21.2, 25.8, 23.8, 28.4), fill="#1b2733")


def application(size: int) -> Image.Image:
    """The program's own icon, without a state, `size` pixels wide and high."""
    return _drawn(lambda draw: _card(draw, is_there=True), size)


def _drawn(drawing: Callable[[ImageDraw.ImageDraw], None], size: int) -> Image.Image:
    image = Image.new("RGBA", (SIZE * _FINE, SIZE * _FINE))
    drawing(ImageDraw.Draw(image))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    ICONS.mkdir(exist_ok=True)
    drawings = {"ready": _ready, "card": _card_present, "working": _working, "attention": _attention}
    for name, drawing in drawings.items():
        _drawn(drawing, SIZE).save(ICONS / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
