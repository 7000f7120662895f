"""JSON (RFC 8259) as names and values. Numbers stay as they are written. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bridge.ui.preview.layout import Writer
from bridge.ui.preview.wire import Line, Run

_LABELLED = {frozenset({"label", "value"}), frozenset({"項目", "値"}), frozenset({"項目名", "値"})}
_LABELS = ("label", "項目", "項目名")
_VALUES = ("value", "値")


class _Number(str):
    """A number's own spelling: as a float it might be another."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """Members in order, those with the same name too."""

    __slots__ = ()


def lines(content: bytes, writer: Writer) -> Iterator[Line]:
    """Field names, values, and what is inside one another indented.

    Raises:
        ValueError: not JSON, or too deep.
    """
    value = json.loads(
        content.decode("utf-8"),
        object_pairs_hook=_Object,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_refuse,
    )
    yield from _top(value, writer)


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python takes for JSON and RFC 8259 does not."""
    raise ValueError(constant)


def _top(value: Any, writer: Writer) -> Iterator[Line]:
    match value:
        case _Object() if value:
            yield from _members(value, 0, writer)
        case list() if value:
            yield from _items(value, 0, writer)
        case _:
            yield from writer.lines(0, _scalar(value, writer))


def _members(members: _Object, level: int, writer: Writer) -> Iterator[Line]:
    names = [name for name, _ in members]
    if len(set(names)) < len(names):
        writer.found.add("duplicates")
    for name, value in members:
        yield from _named(name, value, level, writer)


def _items(items: list[Any], level: int, writer: Writer) -> Iterator[Line]:
    for number, value in enumerate(items, start=1):
        labelled = _labelled(value)
        if labelled is not None:
            yield from _named(*labelled, level, writer)
            continue
        start = writer.note("item", number=number)
        if isinstance(value, list) and value:
            yield from writer.lines(level, start)
            yield from _inside(value, level + 1, writer)
        else:
            yield from writer.lines(level, start, _scalar(value, writer))


def _named(name: str, value: Any, level: int, writer: Writer) -> Iterator[Line]:
    if not isinstance(value, list) or not value:
        yield from writer.lines(level, _scalar(value, writer), name=name)
        return
    count = () if isinstance(value, _Object) else (writer.note("items", count=len(value)),)
    yield from writer.lines(level, *count, name=name)
    yield from _inside(value, level + 1, writer)


def _inside(value: list[Any], level: int, writer: Writer) -> Iterator[Line]:
    return _members(value, level, writer) if isinstance(value, _Object) else _items(value, level, writer)


def _labelled(value: Any) -> tuple[str, Any] | None:
    """Label and value of an object that has a label for people and a value, and nothing else."""
    if not isinstance(value, _Object) or len(value) != 2:
        return None
    members = dict(value)
    label = next((members[name] for name in _LABELS if name in members), None)
    if frozenset(members) not in _LABELLED or type(label) is not str or not label:
        return None
    return label, next(members[name] for name in _VALUES if name in members)


def _scalar(value: Any, writer: Writer) -> str | Run:
    match value:
        case True:
            return writer.note("json_true")
        case False:
            return writer.note("json_false")
        case None:
            return writer.note("json_null")
        case "":
            return writer.note("empty")
        case _Object():
            return writer.note("json_empty")
        case []:
            return writer.note("items", count=0)
        case _:
            return str(value)
