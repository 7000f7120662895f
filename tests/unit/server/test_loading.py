"""What comes with aiohttp when the first connection wants it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_LOADED = """
import mimetypes, sys
from bridge.server import load_aiohttp

mimetypes.knownfiles.append(sys.argv[1])
tables = list(mimetypes.knownfiles)
load_aiohttp()
import aiohttp.web
print(mimetypes.inited, mimetypes.guess_type("a.cardbridge"), mimetypes.knownfiles == tables)
"""


def test_the_machines_table_of_media_types_is_not_read(tmp_path: Path) -> None:
    table = tmp_path / "mime.types"
    table.write_text("application/x-cardbridge cardbridge\n")
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, str(table)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True (None, None) True\n"
