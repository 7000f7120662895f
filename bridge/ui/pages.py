"""The dialog's side of the preview process: what documents there are, and their pages as they are wanted."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from multiprocessing.connection import Connection

import msgspec

from bridge.core.consent import ShownDocument
from bridge.core.record import Record
from bridge.ui.incoming import Incoming
from bridge.ui.preview import wire

PAGE_TIMEOUT_S = 15.0
_POLL_MS = 10
_MOST_BYTES = 64 * 1024 * 1024

Draw = Callable[[wire.Page], None]


class _Wanted(Record):
    ask: wire.Ask
    draw: Draw


class Pages:
    """Asks for pages, of which the one that was asked for last counts.

    Args:
        on_failed: a document, by its index, cannot be shown after all.
    """

    def __init__(
        self,
        root: tk.Tk,
        connection: Connection | None,
        documents: tuple[ShownDocument, ...],
        on_failed: Callable[[int], None],
    ) -> None:
        self._root, self._on_failed = root, on_failed
        self._under_way: _Wanted | None = None
        self._next: _Wanted | None = None
        self._ends_at = 0.0
        self._is_closed = False
        self.documents = documents
        self.sights: tuple[wire.Sight, ...] = ()
        if connection is None or not self._begin(connection):
            on_failed(0)

    def _begin(self, connection: Connection) -> bool:
        """Hear what the preview has read; whether it was these documents."""
        self._connection, self._incoming = connection, Incoming(connection, _MOST_BYTES)
        try:
            if (overview := self._incoming.next(PAGE_TIMEOUT_S)) is not None:
                self.sights = wire.decode_overview(overview).documents
        except (EOFError, OSError, msgspec.DecodeError):
            return False
        sizes = [document.size_bytes for document in self.documents]
        return [sight.size_bytes for sight in self.sights] == sizes

    def ask(self, document: int, page: int, width: int, draw: Draw) -> None:
        """Have `draw` called with the page as soon as it is there, unless another is asked for before.

        Args:
            width: of a picture, in pixels.
        """
        if self._is_closed:
            return
        self._next = _Wanted(ask=wire.Ask(document=document, page=page, width=width), draw=draw)
        if self._under_way is None:
            self._send()

    @property
    def is_waiting(self) -> bool:
        """Whether a page has been asked for that is not there yet."""
        return self._under_way is not None

    def wait(self) -> None:
        """Wait for what was asked for; the window stands still meanwhile."""
        while self._under_way is not None:
            self._look(max(0.0, self._ends_at - time.monotonic()))

    def close(self) -> None:
        """The documents were approved as they had been seen: no page comes any more, and none fails."""
        self._is_closed = True
        self._under_way = self._next = None

    def _send(self) -> None:
        self._under_way, self._next = self._next, None
        if self._under_way is None:
            return
        self._ends_at = time.monotonic() + PAGE_TIMEOUT_S
        try:
            self._connection.send_bytes(wire.encode(self._under_way.ask))
        except OSError:
            self._fail(self._under_way.ask.document)
            return
        self._root.after(_POLL_MS, self._poll)

    def _poll(self) -> None:
        self._look(0)
        if self._under_way is not None:
            self._root.after(_POLL_MS, self._poll)

    def _look(self, timeout_s: float) -> None:
        """Take the answer to what is under way, if it is there within `timeout_s`."""
        wanted = self._under_way
        if wanted is None:
            return
        try:
            message = self._incoming.next(timeout_s)
            if message is None:
                if time.monotonic() >= self._ends_at:
                    self._fail(wanted.ask.document)
                return
            page = wire.decode_page(message)
        except (EOFError, OSError, msgspec.DecodeError):
            self._fail(wanted.ask.document)
            return
        if isinstance(page, wire.Failed) or not self._is_of(page, wanted.ask.document):
            self._fail(wanted.ask.document)
            return
        self._under_way = None
        if self._next is None:
            self._draw(wanted, page)
        else:
            self._send()

    def _draw(self, wanted: _Wanted, page: wire.Page) -> None:
        try:
            wanted.draw(page)
        except Exception:  # Tk would go on, and ask to sign what cannot be seen
            self._fail(wanted.ask.document)

    def _is_of(self, page: wire.Page, document: int) -> bool:
        """Whether the page was drawn from the bytes whose digest will be approved."""
        if page.digest != self.sights[document].digest:
            return False
        if isinstance(page, wire.TextPage):
            return True
        fits = 0 < page.width <= wire.LONGEST_SIDE and 0 < page.height <= wire.LONGEST_SIDE
        return fits and len(page.pixels) == page.width * page.height * 3 <= _MOST_BYTES

    def _fail(self, document: int) -> None:
        self._under_way = self._next = None
        self._on_failed(document)
