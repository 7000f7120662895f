"""Which refused sites are kept, when a page tries to decide it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.origin import Origin
from bridge.core.refusals import MOST, Refusal, may_be_kept, noted
from tests.unit.fuzz import quick

CITY = "https://www.city.kagoshima.lg.jp"


def refused(*origins: str, at: int = 1000) -> list[Refusal]:
    return [Refusal(origin=origin, at=at + index) for index, origin in enumerate(origins)]


def origins(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.origin for refusal in refusals]


def test_the_latest_comes_first_and_none_is_there_twice() -> None:
    kept = noted(refused("https://a.jp", "https://b.jp"), refused("https://A.jp:443", at=2000))
    assert origins(kept) == ["https://a.jp", "https://b.jp"] and kept[0].at == 2000


@pytest.mark.parametrize(
    "flood",
    [
        [f"https://n{number}.evil.example" for number in range(1000)],
        [f"https://a.b{number}.evil.example" for number in range(1000)],
        [f"https://evil.example:{number}" for number in range(1, 1001)],
        [f"https://n{number}.evil.co.jp" for number in range(1000)],
        [f"https://192.0.2.{number}" for number in range(256)],
        [f"https://[2001:db8::{number:x}]" for number in range(1, 1001)],
        [f"http://localhost:{number}" for number in range(1, 1001)],
    ],
    ids=["names", "deep", "ports", "co.jp", "IPv4", "IPv6", "loopback"],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_flood_pushes_out_only_its_own(flood: list[str], is_first: bool) -> None:
    asked = [CITY, "https://ebid.example.jp", *flood]
    kept = noted((), refused(*(asked if is_first else asked[::-1])))
    assert len(kept) == MOST
    assert {CITY, "https://ebid.example.jp"} <= set(origins(kept))


def test_neighbours_below_lg_jp_are_not_one_party() -> None:
    towns = [f"https://www.town.t{number}.lg.jp" for number in range(MOST - 1)]
    kept = noted((), refused(*towns, *(f"https://n{number}.evil.example" for number in range(50))))
    assert set(towns) < set(origins(kept))


def test_the_newest_is_always_there() -> None:
    """The user has just been told that the site is not allowed, and looks for it."""
    kept = noted((), refused(*(f"https://evil{number}.example" for number in range(100)), CITY))
    assert origins(kept)[0] == CITY and len(kept) == MOST


@pytest.mark.parametrize(
    "origin",
    [
        "http://a.jp", "http://192.0.2.1", "https://" + "a" * 64 + ".jp", "https://" + "a." * 126 + "jpn",
        "https://a..jp", "null", "", "https://a.jp/", "file://", "chrome-extension://abc", "https://例え.jp",
    ],
)  # fmt: skip
def test_what_could_not_be_allowed_is_not_kept(origin: str) -> None:
    assert noted((), refused(origin)) == ()


@pytest.mark.parametrize(
    "origin",
    [CITY, "http://localhost:3000", "http://[::1]:3000", "https://" + "a" * 63 + ".jp", "https://192.0.2.1"],
)
def test_what_could_be_allowed_is_kept(origin: str) -> None:
    assert may_be_kept(Origin.parse(origin)) and origins(noted((), refused(origin))) == [origin]


@quick
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4), st.integers(-5, 10**12)), max_size=80))
def test_never_more_and_never_twice(asked: list[tuple[int, int, int]]) -> None:
    new = [Refusal(origin=f"https://n{name}.d{domain}.example", at=at) for name, domain, at in asked]
    kept = noted((), new)
    assert len(kept) <= MOST and len(set(origins(kept))) == len(kept)
    assert not new or new[-1] in kept
