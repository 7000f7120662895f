"""Every file that is made for administrators, by its name in the folder that they are handed out in."""

from __future__ import annotations

from bridge.managed.admx import CULTURES, adml, admx
from bridge.managed.schema import schema

NAME = "cardbridge"


def templates() -> dict[str, str]:
    """Relative path -> text."""
    words = {f"{culture}/{NAME}.adml": adml(language) for culture, language in CULTURES.items()}
    return {f"{NAME}.admx": admx(), **words, f"{NAME}.schema.json": schema()}
