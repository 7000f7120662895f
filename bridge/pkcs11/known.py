"""PKCS#11 modules whose place is publicly documented (`known.json`, each with its source).

A list of places to look, not of what is supported: no certification authority publishes where its module
lies, so that one is added by its path.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import msgspec

from bridge.core.language import Language


class KnownModule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`paths` by `sys.platform`, the usual one first; `sources` are web addresses."""

    name: str
    about: dict[Language, str]
    paths: dict[str, tuple[str, ...]]
    sources: tuple[str, ...]


def known_modules() -> tuple[KnownModule, ...]:
    """All of the data file."""
    content = files("bridge.pkcs11").joinpath("known.json").read_bytes()
    return msgspec.json.decode(content, type=tuple[KnownModule, ...])


def found_here() -> dict[str, str]:
    """Name -> path of the known modules that are on this machine."""
    found: dict[str, str] = {}
    for module in known_modules():
        path = next((p for p in module.paths.get(sys.platform, ()) if Path(p).is_file()), None)
        if path is not None:
            found[module.name] = path
    return found
