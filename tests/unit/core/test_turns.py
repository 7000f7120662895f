"""Whose turn it is: in order of arrival within an origin, origins in turn."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.origin import Origin
from bridge.core.turns import Turns
from tests.unit.fuzz import quick

ORIGINS = [Origin.parse(f"https://{letter}.jp") for letter in "abc"]
A, B, C = ORIGINS


def drained(turns: Turns[str]) -> list[str]:
    found: list[str] = []
    while (ticket := turns.take()) is not None:
        found.append(ticket)
    return found


def test_in_order_of_arrival_within_an_origin() -> None:
    turns: Turns[str] = Turns()
    for ticket in ("a1", "a2", "a3"):
        turns.add(A, ticket)
    assert len(turns) == 3
    assert drained(turns) == ["a1", "a2", "a3"]
    assert len(turns) == 0 and turns.take() is None


def test_a_page_that_floods_pushes_back_only_its_own() -> None:
    turns: Turns[str] = Turns()
    for number in range(50):
        turns.add(A, f"a{number}")
    turns.add(B, "b0")
    turns.add(C, "c0")
    turns.add(B, "b1")
    assert drained(turns)[:6] == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_who_was_served_goes_behind_those_who_wait() -> None:
    turns: Turns[str] = Turns()
    turns.add(A, "a0")
    turns.add(A, "a1")
    turns.add(B, "b0")
    assert turns.take() == "a0"
    turns.add(C, "c0")
    assert drained(turns) == ["b0", "a1", "c0"]


def test_the_removed_one_is_passed_over() -> None:
    turns: Turns[str] = Turns()
    for ticket in ("a0", "a1", "a2"):
        turns.add(A, ticket)
    turns.add(B, "b0")
    turns.remove(A, "a1")
    turns.remove(A, "a1")
    turns.remove(B, "never there")
    turns.remove(C, "c0")
    assert drained(turns) == ["a0", "b0", "a2"]


def test_an_origin_with_nothing_left_has_no_turn() -> None:
    turns: Turns[str] = Turns()
    turns.add(A, "a0")
    turns.add(B, "b0")
    turns.remove(A, "a0")
    assert (len(turns), turns.take(), turns.take()) == (1, "b0", None)


@quick
@given(st.lists(st.integers(0, 2), max_size=30))
def test_each_is_served_once_in_its_own_order_and_nobody_twice_before_another(arrivals: list[int]) -> None:
    turns: Turns[tuple[int, int]] = Turns()
    for number, origin in enumerate(arrivals):
        turns.add(ORIGINS[origin], (origin, number))
    left, served = list(arrivals), []
    while (ticket := turns.take()) is not None:
        served.append(ticket)
    assert sorted(served, key=lambda ticket: ticket[1]) == list(
        zip(arrivals, range(len(arrivals)), strict=True)
    )
    for origin in range(3):
        own = [number for who, number in served if who == origin]
        assert own == sorted(own)
    for index, (origin, _) in enumerate(served[:-1]):
        left.remove(origin)
        if set(left) - {origin}:
            assert served[index + 1][0] != origin
