"""The daemon's side of a preview process: start it, have it read the documents, end it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from bridge import children
from bridge.companion import Companion
from bridge.core.document import SignerDocument
from bridge.core.errors import DocumentUnreadable, InternalError
from bridge.core.language import Language
from bridge.ui.preview import wire

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_log = logging.getLogger(__name__)

READ_TIMEOUT_S = 30.0
READ_ALL_TIMEOUT_S = 60.0
_PIECE_BYTES = 1024 * 1024
_MOST_BYTES = 65536
_T = TypeVar("_T")


class Preview(Companion):
    """One preview process, for the documents of one request.

    Args:
        timeout_s: how long the process may take to read one document.
        all_timeout_s: how long it may take for all of them, its start included: nobody sees anything yet.
    """

    def __init__(
        self,
        documents: Sequence[SignerDocument],
        language: Language,
        *,
        timeout_s: float = READ_TIMEOUT_S,
        all_timeout_s: float = READ_ALL_TIMEOUT_S,
    ) -> None:
        super().__init__("preview")
        self._documents, self._language = documents, language
        self._timeout_s, self._all_timeout_s = timeout_s, all_timeout_s
        self._ends_at = math.inf

    def start(self) -> Connection:
        """Start the process. Returns the dialog's end of the pipe to it, which the caller closes.

        Raises:
            OSError: it cannot be started.
        """
        dialog_end, shown = children.pipe()
        with shown:
            try:
                self.launch(more=[shown])
            except OSError:
                dialog_end.close()
                raise
        return dialog_end

    async def read(self) -> None:
        """Have all documents read; then the process serves the dialog.

        Raises:
            InternalError: there is no process that could.
            DocumentUnreadable: data `document` is the name of the first that cannot be, or of the one that
                was being read when the time was over.
        """
        self._ends_at = asyncio.get_running_loop().time() + self._all_timeout_s
        try:
            await self._in_time(self._begin)
        except (TimeoutError, EOFError, OSError, msgspec.DecodeError) as error:
            _log.error("no preview process can be started: %s", type(error).__name__)
            raise InternalError("No document can be shown.") from None
        for document in self._documents:
            await self._read(document)

    async def _read(self, document: SignerDocument) -> None:
        try:
            await self._in_time(partial(self._give, document))
            verdict = await self._in_time(self._verdict)
        except TimeoutError:
            _log.warning(
                "the preview took longer than %s s for a document, or %s s for all",
                self._timeout_s,
                self._all_timeout_s,
            )
            detail = "The document takes too long to read."
        except (EOFError, OSError, msgspec.DecodeError) as error:
            _log.warning("the preview ended: %s", type(error).__name__)
            detail = "The document ended its reader."
        else:
            if isinstance(verdict, wire.Read):
                return
            detail = verdict.detail
        self.kill()
        raise DocumentUnreadable(detail, document=document.name)

    async def _in_time(self, work: Callable[[], _T]) -> _T:
        until = min(asyncio.get_running_loop().time() + self._timeout_s, self._ends_at)
        return await self.in_thread(work, until=until)

    def _begin(self) -> None:
        begin = wire.Begin(language=self._language, count=len(self._documents))
        self.connection.send_bytes(wire.encode(begin))
        wire.decode_ready(self.connection.recv_bytes(_MOST_BYTES))

    def _give(self, document: SignerDocument) -> None:
        absent = document.digest if document.content is None else None
        given = wire.Given(media_type=document.media_type, size_bytes=document.size_bytes, absent=absent)
        self.connection.send_bytes(wire.encode(given))
        content = memoryview(document.content or b"")
        for start in range(0, len(content), _PIECE_BYTES):
            self.connection.send_bytes(content[start : start + _PIECE_BYTES])

    def _verdict(self) -> wire.Read | wire.Unreadable:
        verdict: wire.Read | wire.Unreadable = wire.decode_verdict(self.connection.recv_bytes(_MOST_BYTES))
        return verdict
