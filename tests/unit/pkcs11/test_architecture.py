"""A module of another architecture: found by its header, and its worker needs nothing but plain Python."""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path

import pytest

from bridge import paths
from bridge.core import errors
from bridge.core.sentences import user_message
from bridge.core.settings import DriverSettings
from bridge.core.token import Token
from bridge.pkcs11 import architecture, wire
from bridge.pkcs11.client import start
from bridge.pkcs11.probe import probe
from cardbridge_demo import softhsm
from tests.doctor.holder import PIN, make_card
from tests.unit.core.test_library import elf, pe
from tests.unit.pkcs11.token_use import use


def driver(path: Path) -> DriverSettings:
    return DriverSettings(name="見本", path=str(path))


@pytest.fixture
def interpreter32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the 32-bit Python is looked for; there is none yet."""
    place = tmp_path / "python3"
    monkeypatch.setenv(paths.PYTHON32_VARIABLE, str(place))
    return place


def written(tmp_path: Path, head: bytes) -> DriverSettings:
    (tmp_path / "module.so").write_bytes(head)
    return driver(tmp_path / "module.so")


@pytest.mark.softhsm
def test_our_own_architecture_needs_no_other_interpreter(interpreter32: Path) -> None:
    assert architecture.interpreter(driver(softhsm.module())) is None


def test_what_is_no_library_is_left_to_the_loader(tmp_path: Path, interpreter32: Path) -> None:
    assert architecture.interpreter(written(tmp_path, b"\x7fELF\x01")) is None
    with pytest.raises(errors.DriverNotFound) as raised:
        architecture.interpreter(driver(tmp_path / "gone.so"))
    assert not raised.value.sentence


def test_a_32_bit_module_without_a_32_bit_python(tmp_path: Path, interpreter32: Path) -> None:
    """Nothing is started, and the person reads what to do."""
    with pytest.raises(errors.Worker32Missing) as raised:
        probe(written(tmp_path, elf(32, 3)))
    assert raised.value.reason == "driverNotFound" and raised.value.data == {"driver": "見本"}
    assert "32ビット" in user_message(raised.value, "ja") and "32 bits" in user_message(raised.value, "en")


@pytest.mark.parametrize("head", [elf(64, 183), elf(32, 40), pe(), pe(0x14C, 0x10B)])
def test_a_module_for_another_computer(tmp_path: Path, interpreter32: Path, head: bytes) -> None:
    interpreter32.touch(0o755)
    with pytest.raises(errors.DriverOfAnotherKind):
        start(written(tmp_path, head))


def test_an_interpreter_that_others_can_write_gets_no_pin(tmp_path: Path, interpreter32: Path) -> None:
    interpreter32.touch()
    interpreter32.chmod(0o755)
    found = architecture.interpreter(written(tmp_path, elf(32, 3)))
    assert found is not None and found[0] == str(interpreter32) and found[1:3] == ["-I", "-S"]
    interpreter32.chmod(0o775)
    with pytest.raises(errors.Worker32Missing):
        architecture.interpreter(written(tmp_path, elf(32, 3)))


def test_a_packaged_program_takes_no_interpreter_from_the_environment(
    tmp_path: Path, interpreter32: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter32.touch(0o755)
    assert paths.python32() == interpreter32
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert paths.python32() is None


@pytest.mark.softhsm
async def test_the_files_that_packages_ship_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an interpreter that has these files and its standard library, with a real token."""
    for name in architecture.SOURCES:
        place = tmp_path / "worker32/bridge" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(architecture.__file__).parents[1] / name, place)
    boot = tmp_path / "worker32/bridge/pkcs11/boot32.py"
    command = [sys.executable, "-I", "-S", "-B", str(boot)]
    for name, value in softhsm.make_token(
        tmp_path / "hsm", make_card(tmp_path / "card", kinds=("rsa", "p256")), PIN
    ).items():
        monkeypatch.setenv(name, value)
    ours = await use(driver(softhsm.module()), PIN, "135790")
    monkeypatch.setattr(architecture, "interpreter", lambda _: command)
    plain = await use(driver(softhsm.module()), "135790", PIN)
    assert in_order(plain) == in_order(ours) and len(ours.tokens[0].certificates) == 2


def in_order(seen: wire.Inspected) -> Token:
    """SoftHSM2 lists the objects in an order of its own each time."""
    (token,) = seen.tokens
    return token.__replace__(certificates=tuple(sorted(token.certificates, key=lambda each: each.id)))


def test_the_worker_says_why_a_module_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = Path(architecture.__file__).with_name("boot32.py")
    command = [sys.executable, "-I", "-S", "-B", str(boot)]
    monkeypatch.setattr(architecture, "interpreter", lambda _: command)
    with pytest.raises(errors.DriverFailed, match="cannot be loaded: OSError"):
        probe(written(tmp_path, struct.pack("<I", 7)))
