"""What an administrator can set, out of the types of the configuration itself, so that nothing can differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import inspect

from bridge.core.settings import TABLES, DriverSettings, Settings, SiteSettings

Kind = Literal["integer", "choice", "text", "range"]

ENTRIES = {"site": ("origin", "name"), "driver": ("name", "path")}
"""Of each list: the key that tells its entries apart, and the one that a short form gives beside it."""

ENTRY_TYPES: dict[str, type[msgspec.Struct]] = {"site": SiteSettings, "driver": DriverSettings}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One single value of a table of config.toml.

    Args:
        kind: range: two integers, the first and the last.
        least, most: of an integer, both included.
        choices: of a choice.
    """

    table: str
    name: str
    kind: Kind
    default: Any
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        return f"{self.table}.{self.name}"


def _keys() -> tuple[Key, ...]:
    root = inspect.type_info(Settings)
    tables = {field.name: field.type for field in getattr(root, "fields", ())}
    found = []
    for table in TABLES:
        kind = tables[table]
        if isinstance(kind, inspect.StructType):
            found += [_key(table, field) for field in kind.fields]
    return tuple(found)


def _key(table: str, field: inspect.Field) -> Key:
    kind, name = field.type, field.name
    if isinstance(kind, inspect.IntType):
        return Key(table=table, name=name, kind="integer", default=field.default, least=kind.ge, most=kind.le)
    if isinstance(kind, inspect.LiteralType):
        return Key(
            table=table, name=name, kind="choice", default=field.default, choices=tuple(map(str, kind.values))
        )
    if isinstance(kind, inspect.TupleType):
        return Key(table=table, name=name, kind="range", default=field.default)
    if isinstance(kind, inspect.StrType):
        return Key(table=table, name=name, kind="text", default=field.default)
    raise TypeError(f"{table}.{name}: a policy of this kind is not known yet: {kind}")


KEYS = _keys()
