"""The files beside the program on a Linux desktop: menu, addresses, icons, manual page, the user's unit."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from bridge import desktopentry, urlscheme
from bridge.core.names import NAMES
from installer.draw_icons import application

HERE = Path(__file__).parent
SIZES = (16, 24, 32, 48, 64, 128, 256)


def write(share: Path, program: list[str]) -> None:
    """Menu entry, address handler, icons and manual pages below `share` (XDG's data folder)."""
    entries = {"cardbridge": menu(program), "cardbridge-url": urlscheme.entry(program)}
    for name, entry in entries.items():
        _put(share / "applications" / f"{name}.desktop", desktopentry.written(entry).encode())
    write_icons(share)
    for page in sorted((HERE / "man").iterdir()):
        language = "ja/" if ".ja." in page.name else ""
        # No name and no time in it, so that the same page gives the same file.
        _put(share / "man" / f"{language}man1" / "cardbridge.1.gz", gzip.compress(page.read_bytes(), mtime=0))


def write_icons(share: Path) -> None:
    """The program's icon, as themes look for it."""
    for size in SIZES:
        place = share / "icons" / "hicolor" / f"{size}x{size}" / "apps" / "cardbridge.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        application(size).save(place, optimize=True)


def menu(program: list[str]) -> dict[str, str]:
    """The keys of the menu's entry."""
    return {
        "Name": NAMES["ja"]["program"],
        "Name[en]": NAMES["en"]["program"],
        "Comment": "ICカードを使うサイトと、ドライバの設定",
        "Comment[en]": "Sites that use IC cards, and their drivers",
        "Icon": "cardbridge",
        "Exec": desktopentry.command_line([*program, "run"]),
        "Terminal": "false",
        "Categories": "Utility;",
        "Keywords": "IC;card;PKCS11;電子入札;署名;",
    }


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.chmod(path, 0o644)
