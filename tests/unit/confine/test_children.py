"""The daemon and its children put their bounds on; what these keep away is tried in test_bounds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.core.document import read_document
from bridge.core.order import Form
from bridge.signing.maker import SigningProcess
from bridge.ui.preview.process import Preview
from tests.bounds import BOUNDED, bounds

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

DAEMON = """
import ctypes, os, sys
from bridge import cli, daemon
def run(layers, config_path, **_):
    umask = os.umask(0)
    print(ctypes.CDLL(None).prctl(3), oct(umask), os.getcwd(), config_path)
    return 0
daemon.run = run
sys.exit(cli.main(["run", "--no-tray", "--config", "here.toml"]))
"""


async def test_what_reads_documents_is_bounded() -> None:
    document = read_document("入札書.txt", "text/plain", "金額：100".encode())
    preview = Preview([document], "ja")
    with preview.start():
        await preview.read()
        found = bounds(preview.pid)
        await preview.end()
    signing = SigningProcess(Form(format="cades", packaging="detached"))
    await signing.start()
    await signing.check(Form(format="cades", packaging="detached"), "入札書.txt", b"x")
    assert (found, bounds(signing.pid)) == (BOUNDED, BOUNDED)
    await signing.end()


def test_the_daemon_keeps_to_itself(tmp_path: Path) -> None:
    """PR_GET_DUMPABLE is 0; nothing of the caller's umask and working directory is left."""
    (tmp_path / "here.toml").touch(0o600)
    done = subprocess.run(
        [sys.executable, "-c", DAEMON],
        cwd=tmp_path,
        umask=0,
        env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["0", "0o77", "/", str(tmp_path / "here.toml")], done.stderr
