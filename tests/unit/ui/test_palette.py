"""Both palettes are legible: contrast as WCAG 2.1 computes and demands it (1.4.3 and 1.4.11, level AA)."""

from __future__ import annotations

import re

import pytest

from bridge.ui.palette import DARK, LIGHT, Palette

TEXT, SHAPE = 4.5, 3.0
READ = [
    *(("ink", ground) for ground in ("paper", "panel", "line", "line_active", "chosen", "alert_paper")),
    *(("faint", ground) for ground in ("paper", "panel", "chosen")),
    *(("alert", ground) for ground in ("paper", "panel", "chosen", "alert_paper")),
    ("ink", "suspect_paper"),
    ("on_band", "band"),
    ("on_accent", "accent"),
    ("on_accent", "accent_active"),
]
SEEN = [
    *(("edge", ground) for ground in ("paper", "panel")),
    *(("accent", ground) for ground in ("paper", "panel", "line")),
    ("ink", "panel"),
    ("disabled", "disabled_paper"),
    ("disabled", "line"),
]


def contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_is_legible(palette: Palette) -> None:
    colours = {name: getattr(palette, name) for name in Palette.fields}
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours.values())
    weak = [
        (front, ground, round(contrast(colours[front], colours[ground]), 2))
        for pairs, least in ((READ, TEXT), (SEEN, SHAPE))
        for front, ground in pairs
        if contrast(colours[front], colours[ground]) < least
    ]
    assert weak == []


def test_dark_is_dark() -> None:
    assert _luminance(DARK.paper) < 0.05 < 0.9 < _luminance(LIGHT.paper)
