"""Preview processes for the windows under test, as the daemon starts them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bridge.core.consent import Open
from bridge.core.document import SignerDocument
from bridge.core.language import Language
from bridge.ui.preview.process import Preview
from tests.ui.scenes import DOCUMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """A process that has read its documents, and the dialog's end of the pipe to it."""

    pid: int
    connection: Connection


@contextmanager
def previewed(documents: Sequence[SignerDocument], language: Language = "ja") -> Iterator[Previewed]:
    """A preview of the documents."""
    preview = Preview(tuple(documents), language)
    try:
        with preview.start() as connection:
            asyncio.run(preview.read())
            assert preview.pid is not None
            yield Previewed(pid=preview.pid, connection=connection)
    finally:
        asyncio.run(preview.end())


@contextmanager
def preview_of(
    opening: Open, documents: Sequence[SignerDocument] | None = None
) -> Iterator[Connection | None]:
    """The pipe for a window, if it shows documents; they are all `DOCUMENT` unless they are given."""
    given = [DOCUMENT] * len(opening.documents) if documents is None else documents
    if not given:
        yield None
        return
    with previewed(given, opening.language) as preview:
        yield preview.connection
