"""Pictures of every window are kept at 100 % and 200 %, and no window has a fault there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.ui.conftest import Desktops
from tests.ui.gallery import SCALINGS, take, windows

PAGE = Path(__file__).parents[2] / "web-demo/screenshots/README.md"


def test_every_picture_is_kept_and_shown() -> None:
    wanted = {f"{name}-{scaling}.png" for name in windows() for scaling in SCALINGS}
    assert {path.name for path in (PAGE.parent / "windows").iterdir()} == wanted
    assert set(re.findall(r"\(windows/([\w-]+\.png)\)", PAGE.read_text("utf-8"))) == wanted


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("convert") is None, reason="ImageMagick is not installed")
@pytest.mark.parametrize("scaling", SCALINGS)
def test_gallery(desktops: Desktops, tmp_path: Path, scaling: str) -> None:
    size, dpi = SCALINGS[scaling]
    assert take(tmp_path, desktops(size, dpi), scaling) == []
    assert len(list(tmp_path.iterdir())) == len(windows())
