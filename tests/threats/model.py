"""THREAT_MODEL.md read: its threats with their defences and tests, and the surface that it has considered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.threats.surface import Entry

ROOT = Path(__file__).parents[2]
FILE = ROOT / "THREAT_MODEL.md"
BEGIN = "<!-- the surface, written by `make threat-model`; the last column is yours -->"
END = "<!-- end of the surface -->"
UNREAD = "?"
"""Stands in the last column until somebody has read the line and named the threats that it has part in."""

_HEADING = re.compile(r"^### ([A-Z]\d+) ([STRIDE]+): (.+)$")
_TICKED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """`stride`: its letters. `files`: where the defence is. `tests`: node ids below tests/ without params."""

    id: str
    stride: str
    title: str
    answer: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A row of the surface's table: how the thing was when it was read, and which threats it has part in."""

    text: str
    threats: str


def text() -> str:
    return FILE.read_text(encoding="utf-8")


def threats(document: str) -> dict[str, Threat]:
    """Every threat by its id."""
    found: dict[str, Threat] = {}
    for section in re.split(r"^(?=#{2,3} )", document, flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        if match := _HEADING.match(heading):
            id, stride, title = match.groups()
            assert id not in found, f"{id} is there twice"
            where, held = _named(body, "Defence:"), _named(body, "Held by:")
            answer = body.partition("\n- Defence:")[0].strip()
            found[id] = Threat(id=id, stride=stride, title=title, answer=answer, files=where, tests=held)
    return found


def _named(body: str, label: str) -> tuple[str, ...]:
    """What stands in backquotes in the item that begins with `label`."""
    items = (each for each in re.split(r"\n(?=- |\n)", body) if each.startswith(f"- {label}"))
    return tuple(name for item in items for name in _TICKED.findall(item))


def considered(document: str) -> dict[str, Considered]:
    """The rows of the surface's table by the name of the thing."""
    rows: dict[str, Considered] = {}
    for line in _block(document).splitlines()[2:]:
        name, text, threats = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name.strip("`")] = Considered(text=text.strip("`"), threats=threats)
    return rows


def _block(document: str) -> str:
    _, begins, rest = document.partition(BEGIN)
    block, ends, _ = rest.partition(END)
    assert begins and ends, "the surface's table is not there"
    return block.strip()


def differences(considered: Mapping[str, Considered], found: Mapping[str, Entry]) -> list[str]:
    """What is on the surface and not in the document, or otherwise; each line says which thing, and how."""
    lines = []
    for name, entry in found.items():
        before = considered.get(name)
        if before is None:
            lines.append(f"new: {name}: {entry.text}")
        elif before.text != entry.text:
            lines.append(f"changed: {name}: {before.text} -> {entry.text}")
        elif UNREAD in before.threats or not before.threats:
            lines.append(f"not considered yet: {name}")
    return lines + [f"gone: {name}" for name in considered if name not in found]


def renewed(document: str, found: Mapping[str, Entry]) -> str:
    """The document with the surface as it is; what is new or has changed waits to be considered."""
    before = considered(document)
    rows = ["| what | as it is | threats |", "|---|---|---|"]
    for name, entry in found.items():
        row = before.get(name)
        if row is None:
            threats = UNREAD
        elif row.text == entry.text:
            threats = row.threats
        else:
            threats = f"{UNREAD} {row.threats.replace(UNREAD, '').strip()}".strip()
        rows.append(f"| `{name}` | `{entry.text}` | {threats} |")
    head, _, rest = document.partition(BEGIN)
    return f"{head}{BEGIN}\n\n" + "\n".join(rows) + f"\n\n{END}{rest.partition(END)[2]}"
