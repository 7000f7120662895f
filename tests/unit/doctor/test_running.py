"""Whatever one check does, the others follow."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from bridge.core.finding import Finding, by_gravity, worst
from bridge.doctor.place import Place
from bridge.doctor.running import STEPS, Step, findings


def good(place: Place) -> Iterable[Finding]:
    yield Finding(id="pcsc", code="pcsc_good", state="ok")


def raises(place: Place) -> Iterator[Finding]:
    yield Finding(id="clock", code="clock_good", state="ok", values={"now": "now"})
    raise RuntimeError("no such thing")


def test_one_that_raises_is_a_failure_of_its_own(place: Place) -> None:
    steps = (Step(id="clock", check=raises), Step(id="pcsc", check=good))
    first, second = findings(place, steps)
    assert (first.id, first.code, first.state) == ("clock", "check_failed", "failure")
    assert "no such thing" in first.detail and second.state == "ok"


def test_one_that_never_ends_is_left_behind(place: Place) -> None:
    forever = threading.Event()

    def hangs(place: Place) -> Iterable[Finding]:
        forever.wait()
        return ()

    steps = (Step(id="pcsc", check=hangs, limit_s=0.05), Step(id="pcsc", check=good))
    try:
        first, second = findings(place, steps)
    finally:
        forever.set()
    assert first.code == "no_answer" and first.values == {"seconds": "0.05"} and second.state == "ok"


def test_all_of_them_on_a_bare_computer(place: Place) -> None:
    found = list(findings(place, tuple(step for step in STEPS if step.id not in ("pcsc", "fonts"))))
    assert "check_failed" not in [each.code for each in found]
    states = {each.id: each.state for each in found}
    assert states["sites"] == states["driver.file"] == states["display"] == "failure"
    assert states["folders"] == states["disk"] == states["audit"] == "ok" and worst(found) == "failure"
    assert by_gravity(found)[0].state == "failure" and by_gravity(found)[-1].state == "ok"
