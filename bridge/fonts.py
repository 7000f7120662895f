"""A Japanese font of this machine that a visible PDF stamp may use; nothing is shipped.

The free ones come first (BIZ UDGothic, which Windows has since version 1809, Noto, IPA, Takao, VL). Of the
others the embedding rights in the font itself decide: `bridge.signatures.font` reads them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.core.order import FontFile

_WINDOWS = (
    "BIZ-UDGothicR.ttc",
    "YuGothM.ttc",
    "meiryo.ttc",
    "msgothic.ttc",
)
_UNIX = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/takao-gothic/TakaoGothic.ttf",
    "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
)
_MACOS = ("/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",)  # noqa: RUF001


def japanese() -> Iterator[FontFile]:
    """The fonts that there are, the best first."""
    for path in _candidates():
        if path.is_file():
            yield FontFile(path=str(path))


def _candidates() -> Iterator[Path]:
    if sys.platform == "win32":
        fonts = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "Fonts"
        yield from (fonts / name for name in _WINDOWS)
    else:
        yield from map(Path, (*_UNIX, *_MACOS))
