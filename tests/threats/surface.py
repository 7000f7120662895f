"""What can be reached from outside or set, as the code has it: what the threat model must have considered."""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import msgspec

from bridge import children, cli, paths, urlscheme
from bridge.core import cancellations, jsonrpc, messages, settings, throttle, turns, upload
from bridge.methods import lane, session, uploads
from bridge.server import connection, guard, http, listener, pacing, sockets

LIMITED = (
    jsonrpc, messages, upload, cancellations, throttle, turns, lane, session, uploads, connection, http,
    listener, pacing, sockets,
)  # fmt: skip
"""The modules whose public numbers are limits or times that a page meets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing of the surface: `name` says which, `text` how it is. A change of `text` is a change of it."""

    name: str
    text: str


def surface() -> dict[str, Entry]:
    """Every entry by its name, in the order of the document."""
    found = (_doors, _messages, _configuration, _limits, _environment, _commands, _children)
    return {entry.name: entry for entries in found for entry in entries()}


def _doors() -> Iterator[Entry]:
    addresses = ", ".join(host for _, host in listener._ADDRESSES)
    yield Entry(name="listens on", text=f"{addresses}, GET {guard.PATH}, {messages.SUBPROTOCOL}")
    yield Entry(name="Host headers", text=", ".join(guard._HOSTS))
    yield Entry(name="address of the desktop", text=urlscheme._START.pattern)


def _messages() -> Iterator[Entry]:
    for name, (params, result) in messages.METHODS.items():
        yield Entry(name=name, text=f"{_members(params)} → {_members(result)} ({_print(params, result)})")
    for name, kind in messages.NOTIFICATIONS.items():
        yield Entry(name=f"notification {name}", text=f"{_members(kind)} ({_print(kind)})")


def _members(kind: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(kind)
    return ", ".join(field.encode_name + ("" if field.required else "?") for field in fields) or "–"


def _print(*kinds: type[msgspec.Struct]) -> str:
    """Eight digits that change with any type, limit or pattern inside."""
    schema = msgspec.json.schema_components(kinds)
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:8]


def _configuration() -> Iterator[Entry]:
    tables = {"server": settings.ServerSettings, "ui": settings.UiSettings}
    tables |= {"site": settings.SiteSettings, "driver": settings.DriverSettings}
    known = {*tables, *(kind for kind in settings.Settings.__struct_fields__)}
    assert known == set(tables), f"a table that is not described: {known ^ set(tables)}"
    for table, kind in tables.items():
        (_,), definitions = msgspec.json.schema_components((kind,))
        for key, value in definitions[kind.__name__]["properties"].items():
            yield Entry(name=f"{table}.{key}", text=_value(value))
    yield Entry(name="lockable", text=", ".join(settings.LOCKABLE))


def _value(schema: dict[str, Any]) -> str:
    default = json.dumps(schema["default"]) if "default" in schema else "required"
    rules = (f"{key} {json.dumps(value)}" for key, value in schema.items() if key not in ("default", "type"))
    return ", ".join((default, *rules))


def _limits() -> Iterator[Entry]:
    for module in LIMITED:
        for name, value in _numbers(module):
            yield Entry(name=f"{module.__name__.removeprefix('bridge.')}.{name}", text=str(value))


def _numbers(module: ModuleType) -> Iterator[tuple[str, float]]:
    """Those that are the module's own; close codes are the contract's."""
    source = inspect.getsource(module)
    for name, value in vars(module).items():
        is_limit = name.isupper() and not name.startswith(("_", "CLOSE_")) and type(value) in (int, float)
        if is_limit and re.search(rf"^{name}\b.*=", source, re.MULTILINE):
            yield name, value


def _environment() -> Iterator[Entry]:
    own = sorted(value for name, value in vars(paths).items() if name.endswith("_VARIABLE"))
    yield Entry(name="variables of its own", text=", ".join(own))
    yield Entry(name="variables that children get", text=", ".join(sorted(children._ENVIRONMENT)))


def _commands() -> Iterator[Entry]:
    for path, parser in _parsers("cardbridge", cli._parser()):
        arguments = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
        words = [(action.option_strings or [action.dest])[-1] for action in arguments]
        yield Entry(name=path, text=" ".join(words) or "–")


def _parsers(path: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield path, parser
    for action in below:
        for name, each in action.choices.items():
            yield from _parsers(f"{path} {name}", each)


def _children() -> Iterator[Entry]:
    for name, module in children.CHILDREN.items():
        yield Entry(name=f"process {name}", text=module)
