"""The daemon's side of a preview process: start it, have it read the documents, end it."""

from __future__ import annotations

import asyncio
import logging
import math
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection, Pipe
from typing import TypeVar

import msgspec

from bridge import children
from bridge.core.document import SignerDocument
from bridge.core.errors import DocumentUnreadable, InternalError
from bridge.core.settings import Language
from bridge.ui.preview import wire

_log = logging.getLogger(__name__)

READ_TIMEOUT_S = 30.0
READ_ALL_TIMEOUT_S = 60.0
_PIECE_BYTES = 1024 * 1024
_MOST_BYTES = 65536
_T = TypeVar("_T")


class Preview:
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
        self._documents, self._language = documents, language
        self._timeout_s, self._all_timeout_s = timeout_s, all_timeout_s
        self._ends_at = math.inf
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="preview")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Connection:
        """Start the process. Returns the dialog's end of the pipe to it, which the caller closes.

        Raises:
            OSError: it cannot be started.
        """
        self._control, theirs = Pipe()
        dialog_end, shown = Pipe()
        with theirs, shown:
            try:
                self._process = children.spawn("preview", [theirs, shown])
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
            await self._in_thread(self._begin)
        except (TimeoutError, EOFError, OSError, msgspec.DecodeError) as error:
            _log.error("no preview process can be started: %s", type(error).__name__)
            raise InternalError("No document can be shown.") from None
        for document in self._documents:
            await self._read(document)

    async def _read(self, document: SignerDocument) -> None:
        try:
            await self._in_thread(partial(self._give, document))
            verdict = await self._in_thread(self._verdict)
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
        self._kill()
        raise DocumentUnreadable(detail, document=document.name)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(min(loop.time() + self._timeout_s, self._ends_at)):
            return await loop.run_in_executor(self._thread, work)

    def _begin(self) -> None:
        begin = wire.Begin(language=self._language, count=len(self._documents))
        self._control.send_bytes(wire.encode(begin))
        wire.decode_ready(self._control.recv_bytes())

    def _give(self, document: SignerDocument) -> None:
        absent = document.digest if document.content is None else None
        given = wire.Given(media_type=document.media_type, size_bytes=document.size_bytes, absent=absent)
        self._control.send_bytes(wire.encode(given))
        content = memoryview(document.content or b"")
        for start in range(0, len(content), _PIECE_BYTES):
            self._control.send_bytes(content[start : start + _PIECE_BYTES])

    def _verdict(self) -> wire.Read | wire.Unreadable:
        verdict: wire.Read | wire.Unreadable = wire.decode_verdict(self._control.recv_bytes(_MOST_BYTES))
        return verdict

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    async def end(self) -> None:
        """End the process, and with it whatever it was doing."""
        self._kill()
        await asyncio.get_running_loop().run_in_executor(None, self._reap)

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._thread.shutdown()
            self._control.close()
