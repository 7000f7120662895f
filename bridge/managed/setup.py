"""Windows: what the installer was told on its command line: ``HKLM\\Software\\Cardbridge\\Setup``.

The properties of the MSI stand there as they were given, so that the next version's installer finds them
again. They count below group policy, whose place the installer never touches:

- ``Sites``: ``https://ebid.example.jp=Name;https://…``, entries of the administrator's.
- ``Drivers``: ``Name=C:\\path\\module.dll;…``, too.
- ``Language``: a default that the user may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.core.origin import InvalidOrigin, Origin
from bridge.registry import Value

PLACE = "Software\\Cardbridge\\Setup"
SITES, DRIVERS, LANGUAGE = "Sites", "Drivers", "Language"
NONE = "-"
"""A property's value that takes an earlier one back."""


def entries(values: Mapping[str, Value]) -> dict[str, list[dict[str, Any]]]:
    """The lists ``site`` and ``driver``, unchecked. Raises: ValueError."""
    sites = [{"origin": first, "name": second} for first, second in _pairs(values, SITES)]
    drivers = [{"name": first, "path": second} for first, second in _pairs(values, DRIVERS)]
    for driver in drivers:
        if not driver["path"]:
            raise ValueError(f"{PLACE}\\{DRIVERS}: {driver['name']!r} is not NAME=PATH")
    return {"site": sites, "driver": drivers}


def offered(values: Mapping[str, Value]) -> dict[str, dict[str, Any]]:
    """Tables with defaults."""
    language = str(values.get(LANGUAGE, "")).strip()
    return {"ui": {"language": language}} if language not in ("", NONE) else {}


def without(given: list[dict[str, Any]], there: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """What is `given` and not `there` already, by the key that tells entries apart."""
    known = {_identity(entry[key]) for entry in there}
    return [entry for entry in given if _identity(entry[key]) not in known]


def _identity(text: str) -> str:
    try:
        return str(Origin.parse(text))
    except InvalidOrigin:
        return text


def _pairs(values: Mapping[str, Value], name: str) -> list[tuple[str, str]]:
    parts = [part.strip() for part in str(values.get(name, "")).split(";")]
    split = [part.partition("=") for part in parts if part not in ("", NONE)]
    return [(first.strip(), second.strip()) for first, _, second in split]
