"""Preview processes that are given one hostile document after the other, and pages asked of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Literal

from bridge import children
from bridge.core.document import SignerDocument, read_document
from bridge.core.errors import DocumentUnreadable
from bridge.ui.preview import wire
from tests.ui.hostile.specimen import Specimen

PATIENCE_S = 90.0
WIDTH = 500
Where = Literal["gate", "reader", "page", "death", "nowhere"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What became of a document.

    Args:
        refused: by the daemon's own look at it, by the preview process when it read it or drew a page, or by
            its death.
        digest: of what was given to the process.
        pages: the first and the last.
    """

    refused: Where
    digest: str = ""
    sight: wire.Sight | None = None
    pages: tuple[wire.Page, ...] = ()

    @property
    def text(self) -> str:
        """What can be read on the pages."""
        lines = [line for page in self.pages if isinstance(page, wire.TextPage) for line in page.lines]
        return "\n".join("".join(run.text for run in line.runs) for line in lines)

    @property
    def marked(self) -> str:
        """What stands out of the text."""
        lines = [line for page in self.pages if isinstance(page, wire.TextPage) for line in page.lines]
        return "".join(run.text for line in lines for run in line.runs if run.style in ("mark", "suspect"))


def examine(specimens: Mapping[str, Specimen]) -> tuple[dict[str, Examined], int]:
    """Every document's fate, and how many processes died of them."""
    found: dict[str, Examined] = {}
    waiting: dict[str, SignerDocument] = {}
    for name, specimen in specimens.items():
        try:
            waiting[name] = read_document("a", specimen.media_type, specimen.make())
        except DocumentUnreadable:
            found[name] = Examined(refused="gate")
    deaths = 0
    while waiting:
        with _process(len(waiting)) as (process, daemon, dialog):
            here: list[str] = []
            name = ""
            try:
                for name, document in list(waiting.items()):
                    here.append(name)
                    if isinstance(_give(daemon, document), wire.Unreadable):
                        found[name] = Examined(refused="reader")
                sights = wire.decode_overview(_received(dialog)).documents
                shown = [name for name in here if name not in found]
                for index, name in enumerate(shown):
                    found[name] = _look(dialog, index, sights[index], waiting[name].digest)
            except (EOFError, OSError):
                deaths += 1
                found[name] = Examined(refused="death")
            for name in found:
                waiting.pop(name, None)
    return found, deaths


@contextmanager
def _process(count: int) -> Iterator[tuple[subprocess.Popen[bytes], Connection, Connection]]:
    daemon, theirs = Pipe()
    dialog, shown = Pipe()
    with daemon, dialog:
        with theirs, shown:
            process = children.spawn("preview", [theirs, shown])
        try:
            daemon.send_bytes(wire.encode(wire.Begin(language="ja", count=count)))
            wire.decode_ready(_received(daemon))
            yield process, daemon, dialog
        finally:
            process.kill()
            process.wait()


def _give(daemon: Connection, document: SignerDocument) -> wire.Read | wire.Unreadable:
    content = document.content or b""
    given = wire.Given(media_type=document.media_type, size_bytes=len(content))
    daemon.send_bytes(wire.encode(given))
    if content:
        daemon.send_bytes(content)
    verdict: wire.Read | wire.Unreadable = wire.decode_verdict(_received(daemon))
    return verdict


def _look(dialog: Connection, index: int, sight: wire.Sight, digest: str) -> Examined:
    pages: list[wire.Page] = []
    for number in sorted({0, sight.pages - 1}):
        dialog.send_bytes(wire.encode(wire.Ask(document=index, page=number, width=WIDTH)))
        page = wire.decode_page(_received(dialog))
        if isinstance(page, wire.Failed):
            return Examined(refused="page", sight=sight)
        pages.append(page)
    return Examined(refused="nowhere", digest=digest, sight=sight, pages=tuple(pages))


def _received(connection: Connection) -> bytes:
    if not connection.poll(PATIENCE_S):
        raise OSError("it hangs")
    return connection.recv_bytes()
