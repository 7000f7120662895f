"""Drivers: one that works, and those that do not; none of them ever in this process."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import paths
from bridge.core.finding import Finding
from bridge.doctor.checks import card, drivers
from bridge.doctor.place import Place
from cardbridge_demo import softhsm
from tests.doctor.holder import PIN, SUBJECT, make_card
from tests.ui.test_settings_drivers import CRASHES, HANGS, compiled

pytestmark = pytest.mark.softhsm


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Place(user=tmp_path / "config.toml", machine=None)


def found(place: Place, path: str | Path) -> Finding:
    """The last word about this driver."""
    place.user.write_text(f'[[driver]]\nname = "見本"\npath = "{path}"\n', "utf-8")
    place.user.chmod(0o600)
    return list(drivers.drivers(place))[-1]


def loaded_here() -> str:
    return Path("/proc/self/maps").read_text()


def test_none(place: Place) -> None:
    (none,) = drivers.drivers(place)
    assert (
        none.state == "failure"
        and none.code == "driver_none_offered"
        and "SoftHSM2" in none.values["offered"]
    )


def test_a_file_that_is_none(place: Place, tmp_path: Path) -> None:
    gone = found(place, tmp_path / "gone.so")
    assert (gone.code, gone.repair) == ("driver_missing", "driver:見本")
    (tmp_path / "letter.so").write_text("拝啓")
    assert found(place, tmp_path / "letter.so").code == "driver_no_library"
    assert found(place, tmp_path).state == "failure"


def test_one_for_another_interpreter(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.PYTHON32_VARIABLE, str(tmp_path / "no python"))
    head = bytearray(softhsm.module().read_bytes()[:4096])
    head[4] = 1
    struct.pack_into("<H", head, 18, 3)
    (tmp_path / "old.so").write_bytes(head)
    old = found(place, tmp_path / "old.so")
    assert (old.id, old.code) == ("driver.arch", "driver_bits") and old.values["bits"] == "32"
    head[4] = 2
    struct.pack_into("<H", head, 18, 243)
    (tmp_path / "odd.so").write_bytes(head)
    assert found(place, tmp_path / "odd.so").code == "driver_machine"


def test_one_that_others_can_change(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy.so"
    copy.write_bytes(softhsm.module().read_bytes())
    copy.chmod(0o666)
    assert found(place, copy).code == "driver_writable"
    assert str(copy) not in loaded_here()


def test_one_that_works_with_a_card_in_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_card(tmp_path / "card")
    for name, value in softhsm.make_token(tmp_path / "hsm", made, PIN).items():
        monkeypatch.setenv(name, value)
    good = found(place, softhsm.module())
    assert (good.code, good.state) == ("driver_good", "ok") and "SoftHSM" in good.values["library"]
    told = list(card.certificates(place))
    assert [each.code for each in told][0] == "purposes_both"
    assert {each.state for each in told} <= {"ok", "warning"} and SUBJECT not in repr([good, *told])
    assert "libsofthsm2" not in loaded_here()


@pytest.mark.parametrize(("source", "code"), [(CRASHES, "driver_fails"), (HANGS, "driver_hangs")])
def test_one_that_crashes_or_hangs(
    place: Place, tmp_path: Path, source: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "_LOAD_S", 2.0 if code == "driver_hangs" else 60.0)
    bad = found(place, compiled(tmp_path, source))
    assert (bad.id, bad.code, bad.state) == ("driver.load", code, "failure")


@pytest.fixture
def busy() -> Iterator[int]:
    """A process with a child that is called as workers are."""
    script = "python3 -c 'import sys; print(flush=True); sys.stdin.read()' bridge.pkcs11.worker; true"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        yield process.pid  # leaving closes what the child reads


def test_a_card_that_is_being_used_is_left_alone(
    place: Place, busy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.instance.running", lambda file: busy)
    left = found(place, softhsm.module())
    assert (left.code, left.state) == ("driver_busy", "skipped") and place.seen.inspected == {}
