"""The configuration's layers: defaults, the administrator's values above them, the user's on top.

What the administrator has locked, and every entry that the administrator has made in a list, stays as it is:
the user's value for it is left out. Works on tables as TOML gives them, already checked one file at a time,
so that whatever else brings an administrator's values can be a layer too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Literal

import msgspec

from bridge.core.origin import Origin
from bridge.core.settings import LISTS, LOCKED, TABLES, Settings

Source = Literal["default", "administrator", "locked", "user"]
"""Where a value comes from; `locked`: from the administrator, who lets nobody change it."""

Tables = Mapping[str, Any]

_IDENTITIES: dict[str, Callable[[Any], Hashable]] = {
    "site": lambda entry: Origin.parse(entry["origin"]),
    "driver": lambda entry: entry["name"],
}
"""What makes two entries of a list the same."""


class Layered(msgspec.Struct, frozen=True, kw_only=True):
    """What counts, and where it comes from.

    Args:
        sources: by full key, e.g. ``ui.language``; for a list (``site``) whether it is locked.
        administrators: the identities of the entries that the administrator made, by list.
        ignored: what stands in the user's file and does not count, e.g. ``ui.language`` or ``site[0]``.
    """

    settings: Settings
    sources: Mapping[str, Source] = msgspec.field(default_factory=dict)
    administrators: Mapping[str, frozenset[Hashable]] = msgspec.field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def source(self, key: str) -> Source:
        """Of ``ui.language``, or of the list ``site`` as such."""
        return self.sources.get(key, "default")

    def is_locked(self, key: str) -> bool:
        """Whether the user may not change the value, or may not add to the list."""
        return self.source(key) == "locked"

    def site_source(self, origin: Origin) -> Source:
        """Of the entry of an allowed site. Those of the administrator are always locked."""
        return self._entry_source("site", origin)

    def driver_source(self, name: str) -> Source:
        return self._entry_source("driver", name)

    def _entry_source(self, name: str, identity: Hashable) -> Source:
        return "locked" if identity in self.administrators.get(name, ()) else "user"


def merged(machine: Tables, user: Tables) -> Layered:
    """Both layers as one.

    Args:
        machine: the administrator's tables, with the key `locked`; they fit `MachineSettings`.
        user: the user's tables; they fit `Settings`.
    """
    locked = frozenset(machine.get(LOCKED, ()))
    sources: dict[str, Source] = {}
    ignored: list[str] = []
    administrators: dict[str, frozenset[Hashable]] = {}
    tables: dict[str, Any] = {}
    for name, keys in TABLES.items():
        tables[name] = _table(name, keys, machine, user, locked, sources, ignored)
    for name in LISTS:
        given = machine.get(name, ())
        administrators[name] = frozenset(map(_IDENTITIES[name], given))
        sources[name] = "locked" if name in locked else "user"
        tables[name] = [*given, *_entries(name, administrators[name], user, name in locked, ignored)]
    settings = msgspec.convert(tables, Settings)
    return Layered(settings=settings, sources=sources, administrators=administrators, ignored=tuple(ignored))


def _table(
    name: str,
    keys: tuple[str, ...],
    machine: Tables,
    user: Tables,
    locked: frozenset[str],
    sources: dict[str, Source],
    ignored: list[str],
) -> dict[str, Any]:
    below, above = machine.get(name, {}), user.get(name, {})
    values: dict[str, Any] = dict(below)
    for key in keys:
        full = f"{name}.{key}"
        if name in locked or full in locked:
            sources[full] = "locked"
            if key in above:
                ignored.append(full)
        elif key in above:
            sources[full] = "user"
            values[key] = above[key]
        else:
            sources[full] = "administrator" if key in below else "default"
    return values


def _entries(
    name: str, administrators: frozenset[Hashable], user: Tables, is_locked: bool, ignored: list[str]
) -> list[Any]:
    kept = []
    for index, entry in enumerate(user.get(name, ())):
        if is_locked or _IDENTITIES[name](entry) in administrators:
            ignored.append(f"{name}[{index}]")
        else:
            kept.append(entry)
    return kept
