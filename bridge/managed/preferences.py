"""macOS: managed preferences of the domain ``cardbridge``, as a configuration profile brings them.

The property list has the form of config.toml. What stands in the managed one is locked (`locked` there names
the lists to which the user may not add); what root has written to /Library/Preferences is a default that the
user may change. **Never run on macOS.**
"""

from __future__ import annotations

import os
import plistlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge import ownership
from bridge.core.settings import LISTS, LOCKED, TABLES
from bridge.managed.source import combined

DOMAIN = "cardbridge"
_LIBRARY = Path("/Library")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesSource:
    """Args: library: another /Library, for tests."""

    library: Path = _LIBRARY

    @property
    def name(self) -> str:
        return str(self._managed)

    @property
    def _managed(self) -> Path:
        return self.library / "Managed Preferences" / f"{DOMAIN}.plist"

    @property
    def _offered(self) -> Path:
        return self.library / "Preferences" / f"{DOMAIN}.plist"

    def tables(self) -> dict[str, Any]:
        forced = _read(self._managed)
        locked = forced.get(LOCKED, [])
        if not isinstance(locked, list):
            raise ValueError(f"`{LOCKED}` is not a list")
        known = {table: _known(forced, table) for table in TABLES}
        entries = {name: forced.get(name, []) for name in LISTS}
        offered = {table: _known(_read(self._offered), table) for table in TABLES}
        return combined({**known, **entries}, offered, [name for name in locked if name in LISTS])

    def unknown(self) -> list[str]:
        found = []
        for path in (self._managed, self._offered):
            document = _read(path)
            found += [f"{path}: {name}" for name in document if name not in (*TABLES, *LISTS, LOCKED)]
            for table, names in TABLES.items():
                found += [f"{path}: {table}.{name}" for name in document.get(table, {}) if name not in names]
        return found

    def stamp(self) -> Hashable:
        return tuple(_stamp(path) for path in (self._managed, self._offered))


def _known(document: dict[str, Any], table: str) -> dict[str, Any]:
    given = document.get(table, {})
    if not isinstance(given, dict):
        raise ValueError(f"`{table}` is not a dictionary")
    return {name: value for name, value in given.items() if name in TABLES[table]}


def _read(path: Path) -> dict[str, Any]:
    """Empty where there is none. Raises: OSError, ValueError: another user's, or no dictionary."""
    try:
        with path.open("rb") as file:
            ownership.check(path, os.fstat(file.fileno()), {0})
            return document_of(file.read(), path)
    except FileNotFoundError:
        return {}


def document_of(data: bytes, path: Path) -> dict[str, Any]:
    """The dictionary in the property list `data`, which stands in `path`.

    Raises:
        ValueError
    """
    try:
        document = plistlib.loads(data)
    except Exception as error:  # plistlib hands on what expat, struct and datetime raise, and more
        raise ValueError(f"{path}: {type(error).__name__}: {error}") from None
    if not isinstance(document, dict) or not all(isinstance(name, str) for name in document):
        raise ValueError(f"{path}: not a dictionary")
    return document


def _stamp(path: Path) -> Hashable:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
