"""Windows: ``HKLM\\Software\\Policies\\Cardbridge``, as the ADMX template fills it.

- ``…\\ui`` and ``…\\server``: one value for each key of the table of config.toml; it is locked.
- ``…\\Recommended\\ui`` and ``…\\Recommended\\server``: the same as defaults that the user may change.
- ``…\\site`` and ``…\\driver``: an entry for each value. Its name is the origin or the driver's name, its
  text the site's name or the driver's path, or all other keys as an inline table of TOML:
  ``{ name = "…", pin = "session" }``.
- ``site_locked``, ``driver_locked`` (1): the user may not add entries.

Numbers are REG_DWORD, texts REG_SZ; a range is ``28470-28473``. Below all of that stands what the installer
was given (`bridge.managed.setup`). Run under wine only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from bridge.core.settings import LISTS, TABLES
from bridge.managed import setup
from bridge.managed.definition import ENTRIES, KEYS
from bridge.managed.source import combined
from bridge.registry import Registry, Value

ROOT = "Software\\Policies\\Cardbridge"
RECOMMENDED = f"{ROOT}\\Recommended"
LOCKED_SUFFIX = "_locked"


@dataclass(frozen=True, slots=True)
class RegistrySource:
    registry: Registry

    @property
    def name(self) -> str:
        return f"HKLM\\{ROOT}"

    def tables(self) -> dict[str, Any]:
        installed = self.registry.values(setup.PLACE)
        given = setup.entries(installed)
        forced = self._tables(ROOT)
        for name in LISTS:
            values = self.registry.values(f"{ROOT}\\{name}")
            forced[name] = [_entry(name, key, value) for key, value in values.items()]
            forced[name] += setup.without(given[name], forced[name], ENTRIES[name][0])
        flags = self.registry.values(ROOT)
        locked = [name for name in LISTS if flags.get(f"{name}{LOCKED_SUFFIX}") == 1]
        recommended, below = self._tables(RECOMMENDED), setup.offered(installed)
        offered = {table: {**below.get(table, {}), **recommended[table]} for table in TABLES}
        return combined(forced, offered, locked)

    def unknown(self) -> list[str]:
        found = _strangers(self.registry.values(ROOT), {f"{name}{LOCKED_SUFFIX}" for name in LISTS}, ROOT)
        found += _strangers(self.registry.subkeys(ROOT), {*TABLES, *LISTS, "Recommended"}, ROOT)
        found += _strangers(self.registry.subkeys(RECOMMENDED), set(TABLES), RECOMMENDED)
        for place in (ROOT, RECOMMENDED):
            for table, names in TABLES.items():
                found += _strangers(
                    self.registry.values(f"{place}\\{table}"), set(names), f"{place}\\{table}"
                )
        return found

    def stamp(self) -> Hashable:
        keys = [
            ROOT,
            setup.PLACE,
            *(f"{ROOT}\\{name}" for name in (*TABLES, *LISTS)),
            *(f"{RECOMMENDED}\\{t}" for t in TABLES),
        ]
        return tuple(tuple(self.registry.values(key).items()) for key in keys)

    def _tables(self, place: str) -> dict[str, Any]:
        found: dict[str, Any] = {table: {} for table in TABLES}
        for key in KEYS:
            values = {
                name.lower(): value for name, value in self.registry.values(f"{place}\\{key.table}").items()
            }
            if key.name in values:
                value = values[key.name]
                found[key.table][key.name] = _range(value) if key.kind == "range" else value
        return found


def _strangers(given: Any, known: set[str], place: str) -> list[str]:
    return [f"{place}\\{name}" for name in given if name.lower() not in {each.lower() for each in known}]


def _range(value: Value) -> Any:
    """Two numbers; anything else stays as it is, for the check to complain of."""
    parts = str(value).split("-")
    return [int(part) for part in parts] if all(part.strip().isdecimal() for part in parts) else value


def _entry(table: str, identity: str, value: Value) -> dict[str, Any]:
    """Raises: ValueError."""
    first, second = ENTRIES[table]
    text = str(value).strip()
    if not text.startswith("{"):
        return {first: identity, second: text}
    try:
        rest = tomllib.loads(f"entry = {text}")["entry"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{table}\\{identity}: {error}") from None
    return {first: identity, **rest}
