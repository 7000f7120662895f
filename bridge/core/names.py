"""What the program and the languages are called, for every place where they are shown.

The tray under the system's own Python imports this too: nothing here may need an installed package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.core.language import Language

NAMES: dict[Language, dict[str, str]] = {
    "ja": {"program": "ICカードブリッジ", "start": "ICカードブリッジを起動"},
    "en": {"program": "IC Card Bridge", "start": "Start IC Card Bridge"},
}
LANGUAGES: dict[Language, str] = {"ja": "日本語", "en": "English"}
"""Each in its own language, for whoever has ended up in the other."""
