"""Records behave as frozen dataclasses with slots do."""

from __future__ import annotations

import inspect

import pytest

from bridge.core.record import Record


class Point(Record):
    x: int
    y: int = 0

    @property
    def sum(self) -> int:
        return self.x + self.y


class Named(Point):
    name: str = "A"


class Other(Record):
    x: int
    y: int = 0


def test_fields_and_defaults() -> None:
    assert (Point(x=1).x, Point(x=1).y, Point(y=3, x=1).sum) == (1, 0, 4)
    assert (Named(x=1).name, Named(x=1, name="B", y=2).sum) == ("A", 3)
    assert Named.fields == ("x", "y", "name") and dict(Named.defaults) == {"y": 0, "name": "A"}


@pytest.mark.parametrize("values", [{}, {"y": 1}, {"x": 1, "z": 2}])
def test_other_fields_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        Point(**values)


def test_it_does_not_change() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 2
    assert point == Point(x=1) and not hasattr(point, "__dict__")


def test_equal_are_those_of_one_class_with_equal_fields() -> None:
    assert Point(x=1) == Point(x=1, y=0) and len({Point(x=1), Point(x=1), Point(x=2)}) == 2
    assert Point(x=1) != Point(x=2) and Named(x=1) != Named(x=1, name="B")
    different: list[object] = [Other(x=1), Named(x=1), (1, 0), None]
    assert all(Point(x=1) != other for other in different)


def test_as_text() -> None:
    assert repr(Named(x=1)) == "Named(x=1, y=0, name='A')"


def test_a_copy_with_other_values() -> None:
    assert Named(x=1, name="B").__replace__(y=2) == Named(x=1, y=2, name="B")
    with pytest.raises(TypeError):
        Point(x=1).__replace__(z=1)


def test_positions_mean_nothing() -> None:
    kinds = [each.kind for each in inspect.signature(Point.__init__).parameters.values()]
    assert kinds == [inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_KEYWORD]
