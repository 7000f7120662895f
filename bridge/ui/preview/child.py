"""The preview process: it takes the documents from the daemon, and shows them to the dialog, page by page.

Command line: the two inherited connections, to the daemon and to the dialog.
"""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection

from bridge import children, confine
from bridge.ui.preview import wire
from bridge.ui.preview.reading import CannotBeShown, Reading, absent, read
from bridge.ui.texts import Texts

_MAX_MEMORY_BYTES = 1024**3
_MAX_COMPUTING_S = 600  # if the daemon is gone and cannot end it


def main(argv: list[str]) -> int:
    """Serve until the dialog or the daemon is gone."""
    daemon, dialog = children.inherited(argv[0])
    logging.disable()  # what the libraries say may hold text of a document
    warnings.simplefilter("ignore")
    children.limit_resources(memory_bytes=_MAX_MEMORY_BYTES, computing_s=_MAX_COMPUTING_S, writes_files=False)
    confine.documents()
    with suppress(EOFError, OSError):
        readings = _take(daemon)
        dialog.send_bytes(wire.encode(wire.Overview(documents=tuple(each.sight for each in readings))))
        _show(dialog, readings)
    return 0


def _take(daemon: Connection) -> list[Reading]:
    """Read the documents; after one that is unreadable the daemon ends this process."""
    begin = wire.decode_begin(daemon.recv_bytes())
    daemon.send_bytes(wire.encode(wire.Ready()))
    words = Texts(begin.language)
    readings: list[Reading] = []
    for _ in range(begin.count):
        given = wire.decode_given(daemon.recv_bytes())
        try:
            if given.absent is None:
                content = _content(daemon, given.size_bytes)
                readings.append(read(given.media_type, content, words))
            else:
                readings.append(absent(given.media_type, given.size_bytes, given.absent, words))
        except CannotBeShown as error:
            daemon.send_bytes(wire.encode(wire.Unreadable(detail=str(error))))
        else:
            daemon.send_bytes(wire.encode(wire.Read()))
    return readings


def _content(daemon: Connection, size_bytes: int) -> bytes:
    parts: list[bytes] = []
    while (missing := size_bytes - sum(map(len, parts))) > 0:
        parts.append(daemon.recv_bytes(missing))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _show(dialog: Connection, readings: list[Reading]) -> None:
    opened = -1
    while True:
        ask = wire.decode_ask(dialog.recv_bytes())
        if opened not in (-1, ask.document):
            readings[opened].close()
        opened = ask.document
        try:
            page: wire.Page | wire.Failed = readings[opened].page(ask.page, ask.width)
        except CannotBeShown:
            page = wire.Failed()
        dialog.send_bytes(wire.encode(page))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
