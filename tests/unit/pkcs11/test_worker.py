"""A worker sends an accepted PIN again only within one approved request, and hangs no longer than it may."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.core import errors
from bridge.pkcs11 import wire
from bridge.pkcs11.session import Module
from bridge.pkcs11.worker import Worker

SIGN = wire.Sign(slot=0, key_id=b"\2", algorithm="ES256", digest=bytes(32))
HANGS = "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) pause(); }\n"
IMPATIENT = (
    "import sys; from bridge.pkcs11 import worker\n"
    "worker._LAST_RESORT_S = 1\n"
    "sys.exit(worker.main(sys.argv[1:]))"
)


@pytest.fixture(autouse=True)
def no_alarm() -> Iterator[None]:
    """The worker's last resort is not this process's."""
    yield
    signal.alarm(0)


class FakeModule:
    def __init__(self, *outcomes: bool) -> None:
        self.outcomes = list(outcomes)
        self.pins: list[str | None] = []

    def sign(self, slot: int, key_id: bytes, algorithm: str, digest: bytes, pin: str | None) -> bytes:
        self.pins.append(pin)
        if not self.outcomes.pop(0):
            raise errors.DriverFailed(driver="fake")
        return b"signature"

    def always_authenticate(self, slot: int) -> list[bytes]:
        return [b"\2"]


def worker(module: FakeModule) -> Worker:
    """One that has just had a PIN accepted."""
    ours, _theirs = Pipe()
    made = Worker(ours, cast(Module, module))
    cast(Any, made)._accepted(0, "9081726")
    return made


def test_for_each_signature_until_the_request_is_over() -> None:
    module = FakeModule(True, True, True)
    made = worker(module)
    made.answer(SIGN)
    made.answer(SIGN)
    made.answer(wire.Forget())
    made.answer(SIGN)
    assert module.pins == ["9081726", "9081726", None]


def test_the_first_refusal_ends_it() -> None:
    module = FakeModule(True, False, True)
    made = worker(module)
    made.answer(SIGN)
    with pytest.raises(errors.DriverFailed):
        made.answer(SIGN)
    made.answer(SIGN)
    assert module.pins == ["9081726", "9081726", None]


def test_a_module_that_hangs_ends_also_when_nobody_is_left_to_end_it(tmp_path: Path) -> None:
    """As when the window that tries a driver, or the daemon, was killed meanwhile."""
    library = tmp_path / "library.so"
    compiling = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
    subprocess.run(compiling, input=HANGS, text=True, check=True)
    ours, theirs = Pipe()
    command = [sys.executable, "-c", IMPATIENT, str(theirs.fileno()), "confined", "ordered"]
    with theirs:
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    for message in (wire.Load(path=str(library), driver="hangs"), wire.Inspect()):
        ours.send_bytes(wire.encode(message))
    ours.close()
    try:
        assert process.wait(60) == -signal.SIGALRM
    finally:
        process.kill()
        process.wait()
