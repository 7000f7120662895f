"""The port to a system's own place for administrators' settings."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from bridge.core.settings import LISTS, LOCKED, TABLES


class Source(Protocol):
    """One place. What it holds under names that are not known here is left out: templates may be newer."""

    @property
    def name(self) -> str:
        """As an administrator knows it, e.g. ``HKLM\\Software\\Policies\\Cardbridge``."""

    def tables(self) -> dict[str, Any]:
        """In the form of `MachineSettings`, unchecked. Raises: OSError, ValueError."""

    def unknown(self) -> list[str]:
        """The names that were left out. Raises: OSError, ValueError."""

    def stamp(self) -> Hashable:
        """Changes when the values do. Raises: OSError."""


def here() -> Source | None:
    """This system's; None on Linux, which has a file instead. Never run on the others."""
    if sys.platform == "win32":
        from bridge.managed.registry import RegistrySource
        from bridge.registry import WindowsRegistry

        return RegistrySource(WindowsRegistry())
    if sys.platform == "darwin":
        from bridge.managed.preferences import PreferencesSource

        return PreferencesSource()
    return None


def combined(
    forced: Mapping[str, Any], offered: Mapping[str, Any], locked_lists: list[str]
) -> dict[str, Any]:
    """One set of tables out of two: what is forced is locked, what is offered is a default.

    Args:
        forced, offered: tables as TOML would give them.
        locked_lists: lists to which the user may not add.
    """
    made: dict[str, Any] = {LOCKED: list(locked_lists)}
    for table, names in TABLES.items():
        below, above = offered.get(table, {}), forced.get(table, {})
        made[table] = {**below, **above}
        made[LOCKED] += [f"{table}.{name}" for name in names if name in above]
    for table in LISTS:
        made[table] = list(forced.get(table, ()))
    return made
