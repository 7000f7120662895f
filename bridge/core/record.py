"""Frozen values with named fields, of nothing but the standard library, and quick to define.

A dataclass compiles its methods when its module is imported: 0.3 ms each, at each start of the daemon and of
a worker. msgspec's Struct does not, but a worker for a 32-bit module has the standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _Fields(type):
    """Makes slots of what the class's body annotates; a value there is the field's default."""

    fields: tuple[str, ...]
    defaults: Mapping[str, Any]
    _names: frozenset[str]

    def __new__(metaclass, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _Fields:
        own = tuple(body.get("__annotations__", ()))
        given = {field: body.pop(field) for field in own if field in body}
        kind = super().__new__(metaclass, name, bases, {**body, "__slots__": own})
        above: _Fields | None = bases[0] if bases and isinstance(bases[0], _Fields) else None
        kind.fields = (*above.fields, *own) if above else own
        kind.defaults = {**above.defaults, **given} if above else given
        kind._names = frozenset(kind.fields)
        return kind


_set = object.__setattr__


class Record(metaclass=_Fields):
    """Made with keywords only; equal to a record of the same class with equal fields."""

    def __init__(self, **values: Any) -> None:
        kind = type(self)
        if values.keys() != kind._names:
            values = {**kind.defaults, **values}
            if values.keys() != kind._names:
                raise TypeError(f"{kind.__name__} has other fields than {', '.join(values)}")
        for name, value in values.items():
            _set(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).fields)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in type(self).fields))

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in type(self).fields)
        return f"{type(self).__name__}({', '.join(values)})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __replace__(self, **changes: Any) -> Self:
        """A copy with other values, as `copy.replace` of Python 3.13 wants it."""
        kind = type(self)
        return kind(**{name: getattr(self, name) for name in kind.fields} | changes)
