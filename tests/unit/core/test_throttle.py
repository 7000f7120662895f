"""What pages may write into the audit log without a person, and that nobody hides behind a flood."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.throttle import Throttle
from tests.unit.fuzz import quick

SITE, OTHER = "https://ebid.example.jp", "https://second.example.jp"
DAY_S = 86400.0


def test_a_flood_of_failures_is_counted_not_written() -> None:
    throttle = Throttle()
    written = sum(throttle.admits(SITE, is_ok=False, now=number / 1000) for number in range(10_000))
    assert written == 60
    assert throttle.take_skipped() == 10_000 - 60 and throttle.take_skipped() == 0


def test_it_hides_neither_its_own_logins_nor_another_site() -> None:
    throttle = Throttle()
    for number in range(1000):
        throttle.admits(SITE, is_ok=False, now=number / 1000)
        throttle.admits_refused(f"https://{number}.evil.example", number / 1000)
    assert throttle.admits(SITE, is_ok=True, now=1.0)
    assert throttle.admits(OTHER, is_ok=False, now=1.0)


def test_ordinary_use_is_written_whole() -> None:
    """Somebody who tries again each ten seconds for an hour, each ten minutes all day."""
    throttle = Throttle()
    assert sum(throttle.admits(SITE, is_ok=False, now=10.0 * number) for number in range(60)) == 60
    later = 2 * DAY_S
    assert all(throttle.admits(SITE, is_ok=True, now=later + 600.0 * number) for number in range(144))


def test_a_site_is_refused_once_an_hour_in_the_log() -> None:
    throttle = Throttle()
    times = [throttle.admits_refused(SITE, 5.0 * number) for number in range(1440)]
    assert times.index(True) == 0 and sum(times) == 2


def test_made_up_names_fill_nothing() -> None:
    throttle = Throttle()
    written = sum(throttle.admits_refused(f"https://{n}.evil.example", n * 0.01) for n in range(100_000))
    assert 30 <= written <= 34, "a thousand seconds"
    assert throttle.take_skipped() == 100_000 - written


@quick
@given(st.lists(st.floats(0, 1000), min_size=1, max_size=50))
def test_a_day_of_anything_is_bounded(steps: list[float]) -> None:
    throttle, now, written = Throttle(), 0.0, 0
    for step in steps:
        now += step
        written += throttle.admits_refused(str(now), now)
    assert written <= 30 + now / 300 + 1
