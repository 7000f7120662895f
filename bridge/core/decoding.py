"""Messages from another process and files of ours, decoded so that one kind of error can come of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec


def json_decoder(kind: Any) -> Callable[[bytes], Any]:
    """Decodes JSON as `kind`. What is wrong with it, whatever it is, is a `msgspec.DecodeError`."""
    return _strict(lambda: msgspec.json.Decoder(kind).decode)


def msgpack_decoder(kind: Any) -> Callable[[bytes], Any]:
    """Decodes MessagePack as `kind`, as `json_decoder`."""
    return _strict(lambda: msgspec.msgpack.Decoder(kind).decode)


def _strict(make: Callable[[], Callable[[bytes], Any]]) -> Callable[[bytes], Any]:
    """msgspec lets two others through: text that is not UTF-8, and what is nested too deeply.

    The decoder is made when it is used first: to look through the types takes longer than to import them.
    """
    made = cache(make)

    def decoded(data: bytes) -> Any:
        try:
            return made()(data)
        except (UnicodeDecodeError, RecursionError) as error:
            raise msgspec.DecodeError(type(error).__name__) from None

    return decoded
