"""The head of every window: who asks, in whose name, and through which program."""

from __future__ import annotations

import tkinter as tk
from tkinter.font import Font

from bridge.core.consent import Open, Program, Site
from bridge.core.lookalike import reading
from bridge.ui.characters import both_ends, line, origin_line
from bridge.ui.texts import Texts
from bridge.ui.theme import Theme

_LONGEST_NAME = 54  # two lines; beside an origin that fills several, one
_LONG_ORIGIN = 120
_LONGEST_PATH = 110
_MARGIN, _PADDING = 24, 12


def add_band(root: tk.Tk, theme: Theme, texts: Texts, opening: Open) -> None:
    """Put it at the top of `root`. It stays while the screens change."""
    band = theme.frame(root, theme.palette.band)
    band.pack(fill="x")
    site, program = opening.site, opening.program
    if site is None:
        lines = [(texts("from_tray"), theme.title), (texts("from_tray_origin"), theme.body)]
    else:
        lines = [(_asks(texts, program), theme.small), *_named(theme, texts, site)]
    for number, (text, kind) in enumerate(lines):
        label = theme.label(band, text, kind=kind, colour=theme.palette.on_band)
        label.pack(anchor="w", padx=theme.px(_MARGIN), pady=(0 if number else theme.px(_PADDING), 0))
    tk.Frame(band, background=theme.palette.band, height=theme.px(_PADDING)).pack()
    if program is not None and not program.browser:
        warning = _stranger(texts, program.path)
        theme.warning(root, warning, width=theme.width, margin=theme.px(_MARGIN)).pack(fill="x")


def _named(theme: Theme, texts: Texts, site: Site) -> list[tuple[str, Font]]:
    """An origin as it is compared; below it, of one with international labels, how it is read."""
    read_as = reading(site.origin)
    readable = [(texts("read_as", name=origin_line(read_as)), theme.small)] if read_as else []
    if not site.name:
        return [(origin_line(site.origin), theme.title), *readable]
    longest = _LONGEST_NAME if len(site.origin) <= _LONG_ORIGIN else _LONGEST_NAME // 2
    return [(line(site.name, longest), theme.title), (origin_line(site.origin), theme.body), *readable]


def _asks(texts: Texts, program: Program | None) -> str:
    """The site asks in a browser, or something asks in the site's name."""
    if program is None:
        return texts("asks")
    return texts("asks_in", browser=program.browser) if program.browser else texts("asks_stranger")


def _stranger(texts: Texts, path: str) -> str:
    if not path:
        return texts("nobody")
    return f"{texts('stranger', path=both_ends(path, _LONGEST_PATH))}\n{texts('stranger_caution')}"
