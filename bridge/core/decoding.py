"""Messages from another process and files of ours, decoded so that one kind of error can come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


def json_decoder(kind: Any) -> Callable[[bytes], Any]:
    """Decodes JSON as `kind`. What is wrong with it, whatever it is, is a `msgspec.DecodeError`."""
    return _strict(msgspec.json.Decoder(kind).decode)


def msgpack_decoder(kind: Any) -> Callable[[bytes], Any]:
    """Decodes MessagePack as `kind`, as `json_decoder`."""
    return _strict(msgspec.msgpack.Decoder(kind).decode)


def _strict(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """msgspec lets two others through: text that is not UTF-8, and what is nested too deeply."""

    def decoded(data: bytes) -> Any:
        try:
            return decode(data)
        except (UnicodeDecodeError, RecursionError) as error:
            raise msgspec.DecodeError(type(error).__name__) from None

    return decoded
