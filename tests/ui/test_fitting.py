"""Nothing is cut off, nothing overlaps, on any screen, whatever the names; and no name fools anybody."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridge.core.consent import Open, Program, Site
from bridge.core.pinentry import PinOutcome, PinVerdict
from bridge.ui.palette import DARK, Palette
from cardbridge_demo.desktop import Desktop
from tests.ui.conftest import Desktops
from tests.ui.fitting import faults
from tests.ui.hands import resources
from tests.ui.scenes import (
    DOCUMENT,
    HOSTILE,
    HOSTILE_HOLDER,
    HOSTILE_SITE,
    LONG_HOLDER,
    LONG_SITE,
    LONG_STRANGER,
    SITE,
    opened,
    scenes,
)
from tests.ui.stage import Stage, open_stage, stage

LONG = "とても長い名前の" * 12
SCENES = scenes()
CASTS: dict[str, dict[str, Open]] = {
    "plain": SCENES,
    "english": scenes(language="en"),
    "long": scenes(LONG_HOLDER, LONG_SITE, extra=LONG, program=LONG_STRANGER),
    "long-english": scenes(LONG_HOLDER, LONG_SITE, "en", extra=LONG, program=Program()),
    "hostile": scenes(HOSTILE_HOLDER, HOSTILE_SITE, extra=HOSTILE, program=Program(path=HOSTILE)),
}
SCREENS = [
    ("1400x1000", 96),
    ("2600x1900", 192),
    ("1024x768", 96),
    ("1280x720", 96),
    ("1024x768", 192),
    ("1366x768", 144),
    ("1920x1080", 120),
    ("1920x1080", 192),
    ("3840x2160", 240),
]
VERDICTS: tuple[PinVerdict, ...] = ("incorrect", "rejected", "locked", "failed")


def check(desktop: Desktop, name: str, opening: Open) -> list[str]:
    with stage(desktop, opening) as shown:
        shown.pump()
        return [f"{name}: {fault}" for fault in faults(shown)]


def test_fits(screen: Desktop) -> None:
    assert [fault for name, opening in SCENES.items() for fault in check(screen, name, opening)] == []


@pytest.mark.parametrize("cast", ["long", "hostile"])
def test_fits_on_a_low_screen(desktops: Desktops, cast: str) -> None:
    desktop = desktops("1280x720", 96)
    names = ["in-use", "choose-many", "pin-final", "sign-final", "change", "unblock-final"]
    assert [fault for name in names for fault in check(desktop, name, CASTS[cast][name])] == []


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dpi"), SCREENS)
@pytest.mark.parametrize("cast", CASTS)
def test_fits_on_every_screen(desktops: Desktops, size: str, dpi: int, cast: str) -> None:
    desktop = desktops(size, dpi)
    assert [fault for name, opening in CASTS[cast].items() for fault in check(desktop, name, opening)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dpi"), SCREENS)
@pytest.mark.parametrize("name", ["pin-contact", "change", "unblock", "unblock-keypad"])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_fits_after_every_verdict(
    desktops: Desktops, size: str, dpi: int, name: str, verdict: PinVerdict
) -> None:
    for cast in ("long", "long-english"):
        with open_stage(desktops(size, dpi), CASTS[cast][name]) as shown:
            shown.enter(*["12345678", "4321", "4321"][: len(shown.entries()) if "pin" not in name else 1])
            if not shown.entries():
                shown.press("Return")
            assert shown.sent() is not None
            shown.say(PinOutcome(verdict=verdict, tries_left=1))
            shown.pump()
            assert faults(shown) == []


def test_grows_with_the_resolution(desktops: Desktops, screen: Desktop) -> None:
    with stage(screen, SCENES["pin"]) as shown:
        plain = shown.root.winfo_width(), shown.root.winfo_height()
    with stage(desktops("2600x1900", 192), SCENES["pin"]) as shown:
        assert shown.root.winfo_width() == pytest.approx(2 * plain[0], rel=0.03)
        assert shown.root.winfo_height() == pytest.approx(2 * plain[1], rel=0.1)


def test_grows_with_the_scaling_of_the_desktop(desktops: Desktops) -> None:
    """The display says 96 dpi, the desktop asks for twice that: as GNOME and KDE do on X."""
    desktop = desktops("2600x1900", 96)
    with stage(desktop, SCENES["pin"]) as shown:
        plain = shown.root.winfo_width()
    with resources(desktop, "Xft.dpi:\t192"), stage(desktop, SCENES["pin"]) as shown:
        assert shown.root.winfo_width() == pytest.approx(2 * plain, rel=0.03)
        assert faults(shown) == []


def test_grows_as_far_as_a_full_hd_screen_allows(desktops: Desktops, screen: Desktop) -> None:
    """What scrolls need not fit: at 200 % letters are half as large again at least."""
    with stage(screen, SCENES["pin"]) as shown:
        plain = shown.dialog._frame.theme.body.metrics("linespace")
    with stage(desktops("1920x1080", 192), SCENES["pin"]) as shown:
        assert shown.dialog._frame.theme.body.metrics("linespace") >= 1.5 * plain
        assert faults(shown) == []


def test_dark_desktop_keeps_our_colours(screen: Desktop) -> None:
    dark = [f"*{name}: black" for name in ("background", "foreground", "insertBackground", "selectColor")]
    dark += [f"*{name}: black" for name in ("Background", "Foreground", "disabledBackground")]
    options = ("background", "foreground", "insertbackground", "disabledbackground", "troughcolor")
    for name in ("choose", "pin-final", "sign-final", "unblock", "in-use"):
        with resources(screen, *dark), stage(screen, SCENES[name]) as shown:
            assert shown.root.tk.call("option", "get", ".", "background", "") != ""
            for widget in shown.widgets():
                for option in options:
                    if option in widget.keys():  # noqa: SIM118 - a widget is no mapping
                        assert str(widget.cget(option)) not in ("black", "#000000"), (widget, option)


@pytest.mark.parametrize("name", ["choose", "pin-final", "sign-final", "unblock", "in-use", "working"])
def test_dark_desktop_gets_dark_windows(
    screen: Desktop, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every ground and every letter is of the dark palette; none is left of the bright one."""
    (tmp_path / "gtk-3.0").mkdir()
    (tmp_path / "gtk-3.0/settings.ini").write_text("[Settings]\ngtk-application-prefer-dark-theme=1\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    dark = {getattr(DARK, name) for name in Palette.fields}
    options = ("background", "foreground", "insertbackground", "disabledbackground", "troughcolor")
    with stage(screen, SCENES[name]) as shown:
        shown.pump()
        for widget in shown.widgets():
            colours = {option: str(widget.cget(option)) for option in options if option in widget.keys()}  # noqa: SIM118
            assert set(colours.values()) <= dark, (widget, colours)
        assert str(shown.root.cget("background")) == DARK.paper


def shown_text(shown: Stage) -> str:
    boxes = [w for w in shown.widgets() if isinstance(w, tk.Listbox)]
    rows = [str(box.get(index)) for box in boxes for index in range(box.index("end"))]
    return "\n".join([shown.words(), *rows])


@pytest.mark.parametrize("name", ["in-use", "choose", "pin", "sign-final", "change"])
def test_hostile_names_are_revealed(screen: Desktop, name: str) -> None:
    """No name reorders its neighbours, makes a row of its own, or hides what comes after it."""
    with stage(screen, CASTS["hostile"][name]) as shown:
        text = shown_text(shown)
        for hidden in "\u202e\u2066\u200b\x00":
            assert hidden not in text
        assert "⟦U+202E⟧" in text and "⟦U+000A⟧会社名" in text
        assert "長" * 250 not in text
        assert "株式会社にせもの\n" not in text and "偽の行" in text


def test_hostile_document_is_revealed(screen: Desktop) -> None:
    document = replace(DOCUMENT, content="金額 \u202e000,1\u202c円\x01".encode())
    opening = opened(SCENES["sign"].screen, "sign", documents=[document])
    with stage(screen, opening, [document]) as shown:
        (view,) = (w for w in shown.widgets() if isinstance(w, tk.Text))
        content = view.get("1.0", "end")
        assert "⟦U+202E⟧000,1⟦U+202C⟧円⟦U+0001⟧" in content and "\u202e" not in content
        assert "文字の向きを変える文字があります。" in shown.words()
        assert "見えない文字があります。" in shown.words()


def test_an_international_origin_is_shown_as_it_is_compared_and_as_it_is_read(screen: Desktop) -> None:
    for name in ("", "市役所"):
        site = Site(name=name, origin="https://xn--7st298c4wy.xn--ab-g4t.jp")
        with stage(screen, opened(SCENES["pin"].screen, site=site)) as shown:
            assert "https://xn--7st298c4wy.xn--ab-g4t.jp" in shown.words()
            assert "読み：https://高知市.a⟦U+202E⟧b.jp" in shown.words()
            assert faults(shown) == []


def test_origin_is_shown_in_full(screen: Desktop) -> None:
    for site in (LONG_SITE, Site(name="", origin=LONG_SITE.origin), SITE):
        with stage(screen, opened(SCENES["pin"].screen, site=site)) as shown:
            assert site.origin in shown.words()
