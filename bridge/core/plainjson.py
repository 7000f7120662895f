"""JSON of records (`bridge.core.record`), with nothing but the standard library.

What goes between the daemon, a worker and the PIN window is written with it: a worker for a 32-bit module
runs in an interpreter that has no other packages, and a window is there 20 ms earlier. One object a message,
members named as the fields; bytes are standard base64; a `Tagged` message says its class's name in the
member `type`. Unknown and missing members and values of another type are refused, as msgspec does elsewhere.
"""

from __future__ import annotations

import json
import types
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from bridge.core.record import Record

_M = TypeVar("_M", bound=Record)
_Reader = Callable[[Any], Any]

MOST_VALUES = 100_000
"""In one message. Python makes an object of each before anything is looked at, and nothing else runs
meanwhile: of 16 MiB of empty lists, for seconds."""


class Unreadable(ValueError):
    """The bytes are no such message."""


class Tagged(Record):
    """Marks a message that is one of several."""


def encode(message: Record) -> bytes:
    """UTF-8 JSON of a record."""
    return _text(message).encode()


def decode(content: bytes, *kinds: type[_M]) -> _M:
    """The message, one of these records; several have to be `Tagged`.

    Raises:
        Unreadable
    """
    if content.count(b",") >= MOST_VALUES:
        raise Unreadable("too many values")
    try:
        text = content.decode()
        value, end = _read(text)
        if end != len(text):
            raise Unreadable("more than one value")
        return _one_of(kinds, value)
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


def _one_of(kinds: tuple[type[_M], ...], value: Any) -> _M:
    if not isinstance(value, dict):
        raise Unreadable("no object")
    if not issubclass(kinds[0], Tagged):
        return _record(kinds[0], value)
    name = value.pop("type", None)
    kind: type[_M] | None = _by_name(kinds).get(name) if isinstance(name, str) else None
    if kind is None:
        raise Unreadable("another kind of message")
    return _record(kind, value)


@cache
def _by_name(kinds: tuple[type[Any], ...]) -> dict[str, type[Any]]:
    return {kind.__name__: kind for kind in kinds}


def _text(value: Any) -> str:
    """JSON of whatever a record may hold. Done here: json's own encoder is set up anew for each message."""
    kind: Any = type(value)
    if kind is str:
        return _quoted(value)
    if kind is bytes:
        return f'"{_base64(value)}"'
    if isinstance(value, Record):
        members = [f'"{name}":{_text(getattr(value, name))}' for name in kind.fields]
        if isinstance(value, Tagged):
            members.insert(0, f'"type":"{kind.__name__}"')
        return f"{{{','.join(members)}}}"
    if isinstance(value, (tuple, list, frozenset)):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_quoted(name)}:{_text(each)}' for name, each in value.items())}}}"
    return _write(value)


def _record(kind: type[_M], value: Any) -> _M:
    if not isinstance(value, dict):
        raise Unreadable("no object")
    readers, needed = _members(kind)
    if not value.keys() <= readers.keys() or not needed <= value.keys():
        raise Unreadable("other members")
    return kind(**{name: readers[name](each) for name, each in value.items()})


@cache
def _members(kind: type[Record]) -> tuple[dict[str, _Reader], frozenset[str]]:
    """How each member is read, and which may not be missing."""
    hints = get_type_hints(kind)
    return {name: _reader(hints[name]) for name in kind.fields}, frozenset(kind.fields) - kind.defaults.keys()


def _reader(kind: Any) -> _Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return _anything
    if kind is bytes:
        return _bytes
    if origin is Literal:
        return partial(_literal, arguments)
    if origin in (Union, types.UnionType):
        others = tuple(each for each in arguments if each is not type(None))
        reader = _reader(others[0]) if len(others) == 1 else partial(_one_of, others)
        return partial(_optional, reader) if len(others) < len(arguments) else reader
    if origin in (tuple, frozenset):
        return partial(_several, origin, _reader(arguments[0]))
    if origin is dict:
        return partial(_exactly, dict)
    if isinstance(kind, type) and issubclass(kind, Record):
        return partial(_record, kind)
    return partial(_exactly, kind)


def _anything(value: Any) -> Any:
    return value


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:  # a bool is no int here
        raise Unreadable(f"no {kind.__name__}")
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text
    return value


def _bytes(value: Any) -> bytes:
    content = a2b_base64(_exactly(str, value))  # which skips what is not base64
    if _base64(content) != value:
        raise Unreadable("no base64")
    return content


def _base64(content: bytes) -> str:
    return b2a_base64(content, newline=False).decode("ascii")


def _literal(values: tuple[str, ...], value: Any) -> str:
    text: str = _exactly(str, value)
    if text not in values:
        raise Unreadable("none of the values")
    return text


def _optional(reader: _Reader, value: Any) -> Any:
    return None if value is None else reader(value)


def _several(kind: type, reader: _Reader, value: Any) -> Any:
    return kind([reader(each) for each in _exactly(list, value)])


def _no_number(_: str) -> None:
    raise Unreadable("no number")


_quoted = json.encoder.encode_basestring
_write = json.JSONEncoder(allow_nan=False).encode
_read = json.JSONDecoder(parse_constant=_no_number).raw_decode
