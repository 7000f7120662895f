"""How many modules the processes load until they are ready: a number that does not depend on the machine.

Each costs time at every start, and memory all day. Whoever needs more may raise a number here, with the
reason in the commit's message; whoever needs less lowers it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge import children
from bridge.core.settings import DriverSettings
from bridge.pkcs11.client import WorkerClient
from bridge.ui.prompt import DialogConsent
from cardbridge_demo.desktop import Desktop
from cardbridge_demo.ports import free_ports
from tests.bench.token import soft_token
from tests.ui.scenes import scenes
from tests.unit.server.running import configuration, eventually, started

MOST = {"daemon": 328, "worker": 168, "dialog": 145}
"""Under Python 3.11, whose standard library is loaded in these numbers too."""

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="other standard libraries load other numbers"
)
_HEADER = "import time:"


def _loaded(said: str) -> set[str]:
    """What ``-X importtime`` says on stderr, but for what every Python of this machine loads by itself."""
    nothing = [sys.executable, "-I", "-X", "importtime", "-c", "pass"]
    bare = subprocess.run(nothing, capture_output=True, text=True, check=True).stderr
    return _modules(said) - _modules(bare)


def _modules(said: str) -> set[str]:
    rows = [line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith(_HEADER)]
    return set(rows) - {"imported package"}


def _check(process: str, loaded: set[str]) -> None:
    assert len(loaded) > 30, "nothing has been counted"
    others = sorted(name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names)
    assert len(loaded) <= MOST[process], (
        f"the {process} loads {len(loaded)} modules before it is ready; {MOST[process]} is the most. "
        f"What is not of the standard library: {' '.join(others)}"
    )


def test_daemon(tmp_path: Path) -> None:
    """With pyscard, which a thread loads beside: on some machines before it is ready, on others after."""
    first = free_ports(2)
    configuration(tmp_path, (first, first + 1))
    program = (sys.executable, "-X", "importtime", "-m", "bridge")
    with started(tmp_path, program=program) as daemon:

        def looks_for_readers() -> None:
            assert "smartcard" in _modules(daemon.errors)

        eventually(looks_for_readers)
        loaded = _loaded(daemon.errors)
        _check("daemon", loaded)
        assert not loaded & {"dataclasses", "multiprocessing", "tempfile"}, (
            "each costs milliseconds of the start"
        )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children say what they load, on the stderr that is ours."""
    monkeypatch.setattr(children, "_SILENT", ())
    monkeypatch.setattr(
        children,
        "_interpreter",
        lambda child: [sys.executable, "-I", "-X", "importtime", "-m", children.CHILDREN[child]],
    )


@pytest.mark.softhsm
@pytest.mark.usefixtures("counted")
async def test_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Until it has said which tokens there are."""
    token = soft_token(tmp_path / "soft")
    for name, value in token.env.items():
        monkeypatch.setenv(name, value)
    worker = WorkerClient(DriverSettings(name="SoftHSM2", path=str(token.module)))
    try:
        assert (await worker.inspect()).tokens
    finally:
        await worker.end()
    _check("worker", _loaded(capfd.readouterr().err))


@pytest.mark.usefixtures("counted")
async def test_dialog(screen: Desktop, capfd: pytest.CaptureFixture[str]) -> None:
    """Until the window in which the PIN is typed is on the screen."""
    async with DialogConsent().window(scenes()["pin"]):
        pass
    _check("dialog", _loaded(capfd.readouterr().err))
