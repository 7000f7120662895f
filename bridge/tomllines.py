"""On which line of a TOML file a key stands: `tomllib` does not say."""

from __future__ import annotations

import re
from collections import Counter

_TABLE = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<name>[^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*(?P<key>"[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=(?P<rest>.*)$""")
_MULTILINE = ('"""', "'''")
_TOKEN = re.compile(r"""["]{3}|'{3}|"(?:\\.|[^"\\])*"|'[^']*'|[#]""")


def line_of(text: str, path: str) -> int | None:
    """The line (from 1) of the key at `path`, e.g. ``site[1].pinn`` or ``server.ports``.

    A key that is missing has the line of its table; None where even that is not found.
    """
    wanted = _parts(path)
    best: int | None = None
    for number, found in _keys(text):
        if len(found) <= len(wanted) and all(map(_is_part, found, wanted)):
            best = number
            if len(found) == len(wanted):
                return number
    return best


def _is_part(found: str, wanted: str) -> bool:
    """`site` is where ``site[0]`` stands, if the array is written inline."""
    return found in (wanted, wanted.partition("[")[0])


def _keys(text: str) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    table: list[str] = []
    seen: Counter[str] = Counter()
    inside = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        header, key = _TABLE.match(line), _KEY.match(line)
        if header:
            name = _unquoted(header["name"])
            table = [f"{name}[{seen[name]}]"] if header["open"] == "[[" else name.split(".")
            seen[name] += header["open"] == "[["
            found.append((number, table))
        elif key:
            found.append((number, [*table, *_unquoted(key["key"]).split(".")]))
            inside = _opened(key["rest"])
    return found


def _opened(rest: str) -> str:
    """The quotes of the multi-line string that `rest` leaves open."""
    position = 0
    while (token := _TOKEN.search(rest, position)) is not None and token[0] != "#":
        position = token.end()
        if token[0] in _MULTILINE:
            end = rest.find(token[0], position)
            if end < 0:
                return token[0]
            position = end + 3
    return ""


def _parts(path: str) -> list[str]:
    parts = [part for part in path.lstrip("$").strip(".").split(".") if part]
    last = re.fullmatch(r"(.+)\[(\d+)\]", parts[-1]) if len(parts) > 1 else None
    return [*parts[:-1], last[1]] if last else parts


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'")
