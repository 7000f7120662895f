"""JSON text with one member changed and every other character kept as its author wrote it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_INDENTED = re.compile(r"\n([ \t]+)\S")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """Offsets into the text: of the name's quote, of the value, of what follows the value."""

    start: int
    value: int
    end: int


def parsed(text: str) -> Any:
    """Like `json.loads`; a name that is twice in an object is an error, since nobody knows which one counts.

    Raises:
        ValueError
    """
    return json.loads(text, object_pairs_hook=_unique)


def put(text: str, path: tuple[str, ...], value: Any) -> str:
    """Set the member at `path`; objects that are missing on the way are made.

    Args:
        text: an object.

    Raises:
        ValueError: not JSON, or something on the way is not an object.
    """
    wanted = _with(parsed(text), path, value)
    start, indent = _skip(text, 0), 0
    for depth, name in enumerate(path):
        member = _members(text, start).get(name)
        if member is None:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _checked(_inserted(text, start, name, value, indent), wanted)
        start, indent = member.value, indent + 1
    old = text[member.value : member.end] if member else ""
    rendered = _rendered(text, value, indent, is_wide="\n" in old)
    return _checked(text[: member.value] + rendered + text[member.end :], wanted) if member else text


def drop(text: str, path: tuple[str, ...]) -> str:
    """Take the member at `path` out.

    Raises:
        ValueError: not JSON, or it is not there.
    """
    wanted = parsed(text)
    holder = wanted
    start = _skip(text, 0)
    for name in path[:-1]:
        start, holder = _members(text, start)[name].value, holder[name]
    del holder[path[-1]]
    members = list(_members(text, start).items())
    index = next(i for i, (name, _) in enumerate(members) if name == path[-1])
    member = members[index][1]
    if index:
        begin, end = members[index - 1][1].end, member.end
    elif len(members) > 1:
        begin, end = member.start, members[1][1].start
    else:
        begin, end = start + 1, _skip(text, member.end)
    return _checked(text[:begin] + text[end:], wanted)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return made


def _with(document: Any, path: tuple[str, ...], value: Any) -> Any:
    holder = document
    for name in path[:-1]:
        if not isinstance(holder, dict):
            break
        holder = holder.setdefault(name, {})
    if not isinstance(holder, dict):
        raise ValueError(f"{'.'.join(path)}: something on the way is not an object")
    holder[path[-1]] = value
    return document


def _checked(text: str, wanted: Any) -> str:
    if parsed(text) != wanted:
        raise ValueError("the text could not be edited")
    return text


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _members(text: str, start: int) -> dict[str, _Member]:
    """Of the object that opens at `start`; the text is valid JSON."""
    found: dict[str, _Member] = {}
    position = _skip(text, start + 1)
    while text[position] != "}":
        begin = position
        name, position = _DECODER.raw_decode(text, begin)
        value = _skip(text, _skip(text, position) + 1)
        _, end = _DECODER.raw_decode(text, value)
        found[name] = _Member(start=begin, value=value, end=end)
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return found


def _inserted(text: str, start: int, name: str, value: Any, depth: int) -> str:
    """As the last member of the object that opens at `start`."""
    is_wide = "\n" in text.strip() or text.strip() == "{}"
    unit, members = _unit(text), _members(text, start)
    entry = f"{json.dumps(name, ensure_ascii=False)}: {_rendered(text, value, depth + 1, is_wide=is_wide)}"
    if members:
        last = list(members.values())[-1].end
        line = text.rfind("\n", 0, last)
        before = f",\n{unit * (depth + 1)}" if line > start else ", "
        return text[:last] + before + entry + text[last:]
    close = _skip(text, start + 1)
    if is_wide:
        return f"{text[: start + 1]}\n{unit * (depth + 1)}{entry}\n{unit * depth}{text[close:]}"
    return text[: start + 1] + entry + text[close:]


def _rendered(text: str, value: Any, depth: int, *, is_wide: bool) -> str:
    if not is_wide:
        return json.dumps(value, ensure_ascii=False)
    unit = _unit(text)
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", "\n" + unit * depth)


def _unit(text: str) -> str:
    """What one level is indented by."""
    found = _INDENTED.search(text)
    return found[1] if found else "  "
