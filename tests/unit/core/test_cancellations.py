"""Two cancelled windows within a minute bring half a minute of peace."""

import pytest

from bridge.core.cancellations import Cancellations
from bridge.core.errors import RateLimited
from bridge.core.origin import Origin

A, B = Origin.parse("https://a.jp"), Origin.parse("https://b.jp")


def wait(cancellations: Cancellations, origin: Origin, now: float) -> int | None:
    """Seconds that the origin is told to wait; None where it may go on."""
    try:
        cancellations.check(origin, now)
    except RateLimited as error:
        seconds = error.data["retryAfterSeconds"]
        assert isinstance(seconds, int)
        return seconds
    return None


@pytest.mark.parametrize(("second", "limited"), [(0.0, True), (59.9, True), (60.0, True), (60.1, False)])
def test_the_second_within_a_minute_counts(second: float, limited: bool) -> None:
    cancellations = Cancellations()
    cancellations.add(A, 1000.0)
    assert wait(cancellations, A, 1000.0) is None
    cancellations.add(A, 1000.0 + second)
    assert (wait(cancellations, A, 1000.0 + second) is not None) is limited


def test_the_pause_is_30_seconds_and_told_in_whole_ones() -> None:
    cancellations = Cancellations()
    cancellations.add(A, 0.0)
    cancellations.add(A, 10.0)
    told = [wait(cancellations, A, now) for now in (10.0, 10.5, 25.0, 39.2, 39.9999, 40.0, 41.0)]
    assert told == [30, 30, 15, 1, 1, None, None]


def test_it_counts_by_origin() -> None:
    cancellations = Cancellations()
    cancellations.add(A, 0.0)
    cancellations.add(B, 1.0)
    assert wait(cancellations, A, 2.0) is None and wait(cancellations, B, 2.0) is None
    cancellations.add(A, 3.0)
    assert wait(cancellations, A, 4.0) == 29 and wait(cancellations, B, 4.0) is None


def test_after_the_pause_it_takes_two_again() -> None:
    cancellations = Cancellations()
    cancellations.add(A, 0.0)
    cancellations.add(A, 1.0)
    cancellations.add(A, 32.0)
    assert wait(cancellations, A, 32.0) is None
    cancellations.add(A, 33.0)
    assert wait(cancellations, A, 33.0) == 30


def test_only_the_last_two_count() -> None:
    cancellations = Cancellations()
    for now in (0.0, 61.0, 130.0):
        cancellations.add(A, now)
        assert wait(cancellations, A, now) is None
    cancellations.add(A, 135.0)
    assert wait(cancellations, A, 135.0) == 30
