"""The daemon stays small: what reads documents is loaded in the signing process only."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("aiohttp", "pyhanko", "signxml", "lxml", "fontTools", "asn1crypto", "PIL")
_PROBE = """
import asyncio, sys
import bridge.daemon, bridge.methods.sign, bridge.signing.maker, bridge.timestamps, bridge.fonts
from bridge.core.order import Form
from bridge.signing.maker import SigningProcesses

async def main():
    form = Form(format="pades", packaging=None)
    async with SigningProcesses().maker(form) as maker:
        try:
            await maker.check(form, "a", b"")
        except Exception:
            pass

asyncio.run(main())
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_heavy_libraries_stay_out_of_the_daemon() -> None:
    """Not even when a document has been read."""
    command = [sys.executable, "-I", "-c", _PROBE]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "asyncio" in loaded and "bridge" in loaded
    assert not set(HEAVY) & set(loaded)
