"""What the diagnosis says of the bounds: and worded for what may be lacking."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.confine import landlock, syscalls
from bridge.confine.trial import Tried
from bridge.core.finding import Finding
from bridge.doctor.checks import protection
from bridge.doctor.place import Place
from bridge.doctor.words import words

ALL = Tried(
    privileges=True,
    calls=True,
    files=7,
    dumps=True,
    memory="part",
    is_network_refused=True,
    is_writing_refused=True,
    is_program_refused=True,
)


def found(place: Place) -> dict[str, Finding]:
    return {each.id: each for each in protection.protection(place)}


def test_here(place: Place) -> None:
    said = found(place)
    has_all = landlock.version() >= 4 and bool(syscalls.machine())
    # The folder of the test may be below /tmp, where a driver may write: so that part is not refused here.
    assert said["protection"].code == ("protection_full" if has_all else "protection_part")
    assert "is_network_refused True" in said["protection"].detail or not has_all
    assert "is_program_refused True" in said["protection"].detail or not has_all
    assert said["protection.memory"].code in ("memory_all", "memory_part", "memory_none")
    assert "protection.driver" not in said


@pytest.mark.parametrize(
    ("lacks", "named"),
    [
        ({}, ""),
        ({"files": 0}, "Landlock"),
        ({"is_writing_refused": False}, "Landlock"),
        ({"is_program_refused": False}, "Landlock"),
        ({"calls": False}, "seccomp"),
        ({"is_network_refused": False}, "seccomp"),
        ({"privileges": False, "dumps": False}, "no_new_privs, no core dumps"),
    ],
)
def test_what_a_kernel_lacks_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch, lacks: dict[str, object], named: str
) -> None:
    monkeypatch.setattr(protection, "_unwritable", lambda: Path("/home/somebody/.local/state"))
    tried = Tried(**{**{name: getattr(ALL, name) for name in ALL.__struct_fields__}, **lacks})
    monkeypatch.setattr(protection, "_tried", lambda: tried)
    finding = found(place)["protection"]
    assert (finding.state, finding.values.get("missing", "")) == ("warning" if named else "ok", named)
    assert named in words(finding, "ja").what and named in words(finding, "en").what


def test_a_child_that_does_not_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "_tried", lambda: None)
    assert found(place)["protection"].code == "protection_unknown"


def test_a_driver_that_is_let_out_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "_tried", lambda: ALL)
    place.user.write_text(
        '[[driver]]\nname = "甲"\npath = "/a.so"\n[[driver]]\nname = "乙"\npath = "/b.so"\nconfined = false\n'
    )
    place.user.chmod(0o600)
    finding = found(place)["protection.driver"]
    assert (finding.state, finding.values["drivers"]) == ("warning", "乙")
