"""text/*: as it is written; 項目名：値 with the field's name set apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.ui.preview.layout import Writer, without_gaps
from bridge.ui.preview.wire import Line, Run

_BYTE_ORDER_MARK = "\ufeff"
_FIELD = re.compile("([^：\\s][^：]{0,39})：(.*)", re.DOTALL)  # noqa: RUF001


def lines(content: bytes, writer: Writer) -> Iterator[Line]:
    """Laid-out text.

    Raises:
        UnicodeDecodeError: not UTF-8.
    """
    text = content.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    for line in without_gaps(writer, text.replace("\r\n", "\n").split("\n")):
        if isinstance(line, Run):
            yield Line((line,))
        elif field := _FIELD.fullmatch(line):
            yield from writer.lines(0, field.group(2), name=field.group(1))
        else:
            yield from writer.lines(0, line)
