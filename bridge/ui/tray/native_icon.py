"""The icon of Windows and macOS, with a menu and notifications. Never run here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

NAME = "win32" if sys.platform == "win32" else "darwin"
os.environ["PYSTRAY_BACKEND"] = NAME


def picture(path: Path) -> Image.Image:
    return Image.open(path)


def notify(icon: Any, title: str, text: str, path: Path, answer: Callable[[bool], None]) -> None:
    icon.notify(text, title)
    answer(True)


if sys.platform == "win32":
    from pystray._win32 import Icon
else:
    from pystray._darwin import Icon

__all__ = ["NAME", "Icon", "notify", "picture"]
