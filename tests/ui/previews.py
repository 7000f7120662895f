"""Preview processes for the windows under test, as the daemon starts them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

from bridge.core.consent import Open
from bridge.core.document import SignerDocument
from bridge.core.settings import Language
from bridge.ui.preview.process import Preview
from tests.ui.scenes import DOCUMENT


@contextmanager
def previewed(documents: Sequence[SignerDocument], language: Language = "ja") -> Iterator[Connection]:
    """The dialog's end of the pipe to a process that has read the documents."""
    preview = Preview(tuple(documents), language)
    try:
        with preview.start() as connection:
            asyncio.run(preview.read())
            yield connection
    finally:
        asyncio.run(preview.end())


@contextmanager
def preview_of(
    opening: Open, documents: Sequence[SignerDocument] | None = None
) -> Iterator[Connection | None]:
    """The same for a window, if it shows documents; they are all `DOCUMENT` unless they are given."""
    given = [DOCUMENT] * len(opening.documents) if documents is None else documents
    if not given:
        yield None
        return
    with previewed(given, opening.language) as connection:
        yield connection
