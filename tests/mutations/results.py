"""RESULTS.md: what came of each mutation, and of which state of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.mutations.data import FOLDER, Mutation

FILE = FOLDER / "RESULTS.md"
CAUGHT, EARLIER, NOT_RUN = "caught", "caught in an earlier state", "not run"
_ROOT = Path(__file__).parents[2]
_HEAD = """\
# Mutations

Written by `make mutations`: in a copy of the project each defence is taken out alone, and the test that
holds it is run, first with it, then without it. The lists are the `.toml` files in this folder; the ids are
those of [THREAT_MODEL.md](../../THREAT_MODEL.md). A result stands for the state of the changed file and of
the test's file that the last column is a digest of; where one has changed, the mutation is run again.
"""

Key = tuple[str, str, str]


def key(mutation: Mutation) -> Key:
    """Threat, defence, and a digest of all that the result depends on in the first place."""
    files = (mutation.file, f"tests/{mutation.test.partition('::')[0]}")
    content = b"".join(hashlib.sha256((_ROOT / file).read_bytes()).digest() for file in files)
    words = "\0".join((mutation.find, mutation.replace, mutation.test)).encode()
    return mutation.threat, mutation.defence, hashlib.sha256(content + words).hexdigest()[:8]


def kept(keys: Iterable[Key]) -> dict[Key, str]:
    """What is in RESULTS.md of these, and was caught: as they are, or before one of their files changed."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    found = {(row[0], row[1], row[5].strip("`")): row[4] for row in rows}
    once = {(threat, defence) for (threat, defence, _), said in found.items() if said in (CAUGHT, EARLIER)}
    return {key: CAUGHT if found.get(key) == CAUGHT else EARLIER for key in keys if key[:2] in once}


def write(mutations: Mapping[Key, Mutation], known: Mapping[Key, str]) -> None:
    """All of them, with what is known."""
    rows = [
        f"| {each.threat} | {each.defence} | `{each.file}` | `{each.test}` "
        f"| {known.get(key, NOT_RUN)} | `{key[2]}` |"
        for key, each in mutations.items()
    ]
    caught, count = sum(known.get(key) == CAUGHT for key in mutations), len(mutations)
    earlier = sum(known.get(key) == EARLIER for key in mutations)
    lines = [
        _HEAD,
        f"**{caught} of {count} caught, and {earlier} before one of their files was last changed.**",
        "",
        "| threat | taken out | in | test | result | of |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
