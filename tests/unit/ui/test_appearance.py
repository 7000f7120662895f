"""Dark or bright, as this user's desktop keeps it; GNOME's answer is the real gsettings'."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bridge.ui.appearance import prefers_dark

needs_gsettings = pytest.mark.skipif(
    not Path("/usr/share/glib-2.0/schemas/org.gnome.desktop.interface.gschema.xml").exists(),
    reason="GNOME's schemas are not installed",
)


def environment(home: Path, desktop: str = "") -> dict[str, str]:
    return {"HOME": str(home), "XDG_CURRENT_DESKTOP": desktop, "PATH": os.environ["PATH"]}


def written(home: Path, name: str, content: str) -> None:
    file = home / ".config" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")


def test_nothing_is_known(tmp_path: Path) -> None:
    assert not prefers_dark(environment(tmp_path))
    for desktop in ("KDE", "XFCE"):
        assert not prefers_dark(environment(tmp_path, desktop))


@needs_gsettings
@pytest.mark.parametrize(
    ("scheme", "theme", "is_dark"),
    [
        ("prefer-dark", "Adwaita", True),
        ("default", "Adwaita", False),
        ("default", "Yaru-viridian-dark", True),
        ("prefer-light", "Adwaita-dark", False),
        ("default", "Darkroom", False),
    ],
)
@pytest.mark.parametrize("desktop", ["GNOME", "ubuntu:GNOME", "Budgie:GNOME"])
def test_gnome(tmp_path: Path, desktop: str, scheme: str, theme: str, is_dark: bool) -> None:
    settings = f"[org/gnome/desktop/interface]\ncolor-scheme='{scheme}'\ngtk-theme='{theme}'\n"
    written(tmp_path, "glib-2.0/settings/keyfile", settings)
    env = environment(tmp_path, desktop) | {"GSETTINGS_BACKEND": "keyfile"}
    assert prefers_dark(env) is is_dark


@needs_gsettings
def test_desktop_without_its_schema_counts_as_bright(tmp_path: Path) -> None:
    assert not prefers_dark(environment(tmp_path, "X-Cinnamon"))


@pytest.mark.parametrize(
    ("ground", "is_dark"), [("32,35,38", True), ("239,240,241", False), ("broken", False)]
)
def test_kde(tmp_path: Path, ground: str, is_dark: bool) -> None:
    written(
        tmp_path, "kdeglobals", f"[Colors:Window]\nBackgroundNormal={ground}\n[General]\nColorScheme=Mine\n"
    )
    assert prefers_dark(environment(tmp_path, "KDE")) is is_dark


@pytest.mark.parametrize(("theme", "is_dark"), [("Greybird-dark", True), ("Greybird", False)])
def test_xfce(tmp_path: Path, theme: str, is_dark: bool) -> None:
    channel = (
        f'<channel name="xsettings"><property name="ThemeName" type="string" value="{theme}"/></channel>'
    )
    written(tmp_path, "xfce4/xfconf/xfce-perchannel-xml/xsettings.xml", channel)
    assert prefers_dark(environment(tmp_path, "XFCE")) is is_dark


@pytest.mark.parametrize(
    ("line", "is_dark"),
    [
        ("gtk-application-prefer-dark-theme=1", True),
        ("gtk-application-prefer-dark-theme=false", False),
        ("gtk-theme-name=Arc-Dark", True),
        ("no setting at all", False),
    ],
)
def test_other_desktops(tmp_path: Path, line: str, is_dark: bool) -> None:
    written(tmp_path, "gtk-3.0/settings.ini", f"[Settings]\n{line}\n")
    assert prefers_dark(environment(tmp_path)) is is_dark


def test_files_that_cannot_be_read_count_as_bright(tmp_path: Path) -> None:
    (tmp_path / ".config/kdeglobals").mkdir(parents=True)
    assert not prefers_dark(environment(tmp_path, "KDE"))


def test_mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert not prefers_dark({})
    folder = tmp_path / "Library/Preferences"
    folder.mkdir(parents=True)
    style = b"<plist version='1.0'><dict><key>AppleInterfaceStyle</key><string>Dark</string></dict></plist>"
    (folder / ".GlobalPreferences.plist").write_bytes(b"<?xml version='1.0'?>" + style)
    assert prefers_dark({})
