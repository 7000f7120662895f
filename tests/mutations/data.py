"""The defences that are taken out one at a time: the lists beside this file, checked for their form."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent


class Mutation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One defence taken out.

    `threat`: its id in THREAT_MODEL.md. `defence`: what is taken out, in words. In `file` (from the project's
    folder) `find`, which stands there once, is replaced by `replace`. `test`: the node id below tests/ that
    must then fail.
    """

    threat: str
    defence: str
    file: str
    find: str
    replace: str
    test: str


class _List(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mutation: tuple[Mutation, ...]


@cache
def mutations() -> tuple[Mutation, ...]:
    """All of them, in the order of the lists' names."""
    return tuple(
        mutation
        for file in sorted(FOLDER.glob("*.toml"))
        for mutation in msgspec.toml.decode(file.read_bytes(), type=_List).mutation
    )
