"""A 32-bit module through the daemon: i386 SoftHSM2 under an i386 Python, a PIN typed in the window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Pipe
from pathlib import Path

import pytest

from bridge.children import hand_over
from bridge.core import plainjson
from bridge.core.pinentry import PinEntered, PinOutcome
from bridge.core.settings import DriverSettings
from bridge.paths import PYTHON32_VARIABLE
from bridge.pkcs11 import wire
from bridge.pkcs11.client import start
from cardbridge_demo import stack
from cardbridge_demo.browser import PUBLIC_ORIGIN
from tests.doctor.holder import PIN, make_card
from tests.e2e.conftest import Lab
from tests.e2e.contract_client import connected
from tests.e2e.test_contract import nonce, type_pin, verify_token
from tests.unit.pkcs11.token_use import thumbprints, use

pytestmark = [pytest.mark.e2e, pytest.mark.softhsm, pytest.mark.slow]

SCRIPT = Path(__file__).parents[2] / "installer" / "linux" / "python32.sh"
MODULE = "root/usr/lib/i386-linux-gnu/softhsm/libsofthsm2.so"


@pytest.fixture(scope="module")
def python32(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that `python32.sh` fills, here with SoftHSM2 beside the interpreter."""
    if shutil.which("mmdebstrap") is None:
        pytest.skip("not installed: mmdebstrap")
    folder = tmp_path_factory.mktemp("bits32") / "python32"
    env = {**os.environ, "FOLDER": str(folder), "PACKAGES": "libsofthsm2"}
    subprocess.run(["sh", SCRIPT], env=env, check=True)
    yield folder
    subprocess.run(["sh", SCRIPT, "--remove"], env=env, check=True)
    assert not folder.exists()


def test_it_is_put_there_once(python32: Path) -> None:
    again = subprocess.run(["sh", SCRIPT], env={**os.environ, "FOLDER": str(python32)}, capture_output=True)
    assert again.returncode == 1 and "--remove" in again.stderr.decode()
    for place in (python32 / "bin/python3", python32 / MODULE):
        assert place.stat().st_uid == 0 and not place.stat().st_mode & 0o022


async def test_every_use_of_a_token(python32: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON32_VARIABLE, str(python32 / "bin/python3"))
    card = make_card(tmp_path / "card", kinds=("rsa", "p256"))
    for name, value in stack.soft_token(tmp_path, card, PIN).items():
        monkeypatch.setenv(name, value)
    driver = DriverSettings(name="SoftHSM2", path=str(python32 / MODULE))
    seen = await use(driver, PIN, "135790")
    assert "SoftHSM" in seen.library and len(seen.tokens[0].certificates) == 2


async def test_a_login_with_the_pin_typed_in_the_window(lab: Lab, python32: Path, tmp_path: Path) -> None:
    desk = replace(lab, folder=tmp_path, driver=("SoftHSM2", python32 / MODULE))
    env = {**lab.env, PYTHON32_VARIABLE: str(python32 / "bin/python3")}
    with stack.daemon(tmp_path, desk.configuration(), env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            challenge = nonce()
            id = await client.send("auth.getToken", challengeNonce=challenge)
            await client.until(id, "waitingForUser")
            (worker,) = workers()
            place = Path("/proc") / str(worker)
            assert str(python32) in (place / "maps").read_text()
            assert "Seccomp:\t2" in (place / "status").read_text(), "confined like every other worker"
            await type_pin(lab)
            response = await client.response(id)
            verify_token(response["result"]["token"], PUBLIC_ORIGIN, challenge)
    assert workers() == []


def test_the_daemon_dies_and_a_64_bit_program_follows(
    python32: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would reset the card, by PC/SC's library for 64 bits."""
    monkeypatch.setenv(PYTHON32_VARIABLE, str(python32 / "bin/python3"))
    for name, value in stack.soft_token(tmp_path, make_card(tmp_path / "card"), PIN).items():
        monkeypatch.setenv(name, value)
    process, daemon = start(DriverSettings(name="SoftHSM2", path=str(python32 / MODULE)))
    daemon.send_bytes(wire.encode(wire.Inspect()))
    seen = wire.decode_reply(daemon.recv_bytes())
    assert isinstance(seen, wire.Inspected)
    says = f"import struct; open({str(tmp_path / 'reset')!r}, 'w').write(str(struct.calcsize('P')))"
    login = wire.Login(
        slot=seen.tokens[0].slot,
        certificates=thumbprints(seen.tokens[0]),
        reset=(sys.executable, "-I", "-S", "-c", says),
    )
    window, theirs = Pipe()
    with window:
        daemon.send_bytes(wire.encode(login))
        hand_over(daemon, theirs, process.pid)
        window.send_bytes(plainjson.encode(PinEntered(pin=PIN)))
        assert plainjson.decode(window.recv_bytes(), PinOutcome).verdict == "accepted"
        daemon.close()
        assert process.wait(60) == 0
    assert (tmp_path / "reset").read_text() == "8"


async def test_without_it_page_and_person_are_told(lab: Lab, python32: Path, tmp_path: Path) -> None:
    desk = replace(lab, folder=tmp_path, driver=("SoftHSM2", python32 / MODULE))
    env = {**lab.env, PYTHON32_VARIABLE: str(tmp_path / "none")}
    with stack.daemon(tmp_path, desk.configuration(), env) as url:
        async with connected(url, PUBLIC_ORIGIN) as client:
            error = (await client.call("auth.getToken", challengeNonce=nonce()))["error"]
    assert (error["code"], error["data"]["reason"]) == (-32040, "driverNotFound")
    assert "32ビット" in error["data"]["userMessage"] and not error["data"]["retriable"]


def workers() -> list[int]:
    """The process numbers of workers under another interpreter."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if b"boot32.py" in (each / "cmdline").read_bytes():
                found.append(int(each.name))
        except OSError:
            continue
    return found
