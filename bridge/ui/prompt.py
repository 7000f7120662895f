"""The daemon's side of a window: starts the dialog process, shows screens, reads answers, ends it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, get_args

from bridge import children
from bridge.core import consent, plainjson
from bridge.core.document import SignerDocument
from bridge.core.errors import DocumentUnreadable, InternalError, UserCancelled, UserTimeout
from bridge.ui.dialogprocess import DialogProcess, ReadyDialog

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from bridge.core.language import Language
    from bridge.ui.preview.process import Preview

_log = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between the end of one window and the next, so that no key or click meant for the one meets the other."""

_BACKSTOP_S = 5.0
_FIRST_SCREEN_S = 20.0
_MOST_BYTES = 262144  # a digest for each document
_ANSWERS = get_args(consent.Answer)


class DialogWindow:
    """One dialog process, and the preview of its documents. See `bridge.core.ports.Window`.

    Args:
        not_before: in the loop's time; the window appears no earlier.
        dialog: the process; a new one without.
    """

    def __init__(
        self,
        opening: consent.Open,
        preview: Preview | None = None,
        *,
        not_before: float = 0.0,
        dialog: DialogProcess | None = None,
    ) -> None:
        self._opening, self._preview, self._not_before = opening, preview, not_before
        self._loop = asyncio.get_running_loop()
        self._ends_at: float | None = None
        self._answers: asyncio.Queue[consent.Answer | None] = asyncio.Queue()
        self._dialog = dialog or DialogProcess()
        self._starting: asyncio.Future[None] | None = None
        self._control: Connection | None = None
        self._dialogs_end: Connection | None = None
        self._reader: threading.Thread | None = None
        self._sending = threading.Lock()

    @property
    def pin_channel(self) -> Connection | None:
        """The worker's end of the PIN pipe, given once."""
        return self._dialog.take_pin_channel()

    async def open(self) -> None:
        """Start the process and show the first screen; the user's time begins when it is there.

        Raises:
            InternalError: no window can be opened here.
            DocumentUnreadable: a document cannot be shown; there is no window.
        """
        try:
            await self._dialog.started()
            self._starting = self._loop.run_in_executor(None, self._begin)
            await asyncio.shield(self._starting)  # a preview is not half started: `close` waits for it
        except OSError as error:
            _log.error("no dialog can be started: %s", error.strerror)
            raise InternalError("No window can be opened.") from None
        if self._preview is not None:
            await self._preview.read()
        await asyncio.sleep(self._not_before - self._loop.time())
        await self._in_thread(self._open_now)
        await self._shown()
        self._ends_at = self._loop.time() + self._opening.timeout_s + _BACKSTOP_S

    def _begin(self) -> None:
        """Start what reads its answers, and the preview."""
        if (control := self._dialog.control) is None or self._dialog.process is None:
            raise EOFError
        self._control = control
        reader = threading.Thread(target=self._read, args=(control,), name="dialog", daemon=True)
        reader.start()
        self._reader = reader
        if self._preview is not None:
            self._dialogs_end = self._preview.start()

    def _open_now(self) -> None:
        """What to show, and behind it the dialog's end of the pipe to the preview."""
        self._send_now(plainjson.encode(self._opening))
        end, self._dialogs_end = self._dialogs_end, None
        if end is not None and self._control is not None and self._dialog.process is not None:
            children.hand_over(self._control, end, self._dialog.process.pid)

    def _read(self, control: Connection) -> None:
        """Answers, from the pipe to the loop; ends with the process."""
        while True:
            answer: consent.Answer | None
            try:
                answer = plainjson.decode(control.recv_bytes(_MOST_BYTES), *_ANSWERS)
            except (EOFError, OSError, plainjson.Unreadable):
                answer = None
            with suppress(RuntimeError):  # the loop has been closed
                self._loop.call_soon_threadsafe(self._answers.put_nowait, answer)
            if answer is None:
                return

    async def show(self, screen: consent.Screen) -> None:
        """See `bridge.core.ports.Window`."""
        await self._send(screen)
        await self._shown()

    async def _send(self, message: consent.Screen) -> None:
        await self._in_thread(partial(self._send_now, plainjson.encode(message)))

    async def _in_thread(self, send: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(send)
        except OSError:
            while isinstance(answer := await self._answers.get(), consent.Shown | consent.Chosen):
                continue
            self._raise_for(answer)

    def _send_now(self, message: bytes) -> None:
        with self._sending:
            if self._control is None:
                raise EOFError
            self._control.send_bytes(message)

    async def _shown(self) -> None:
        try:
            async with asyncio.timeout(_FIRST_SCREEN_S):
                # A second click on the screen before may still have sent its choice.
                while isinstance(answer := await self._answers.get(), consent.Chosen):
                    continue
        except TimeoutError:
            _log.error("the dialog shows nothing")
            raise InternalError("The window does not appear.") from None
        match answer:
            case consent.Shown():
                return
            case None:
                _log.error("the dialog ended before it showed anything; is there a display, and Tk?")
                raise InternalError("No window can be opened.")
            case _:
                self._raise_for(answer)

    async def answer(self) -> consent.Chosen | consent.Approved:
        """See `bridge.core.ports.Window`."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                while True:
                    answer = await self._answers.get()
                    if isinstance(answer, consent.Chosen | consent.Approved):
                        return answer
                    if not isinstance(answer, consent.Shown):
                        self._raise_for(answer)
        except TimeoutError:
            _log.error("the dialog hangs and is ended")
            raise UserTimeout(timeoutSeconds=self._opening.timeout_s) from None

    async def update(self, screen: consent.Working) -> None:
        """See `bridge.core.ports.Window`."""
        await self._send(screen)

    async def cancelled(self) -> None:
        """See `bridge.core.ports.Window`."""
        while isinstance(answer := await self._answers.get(), consent.Shown | consent.Approved):
            continue
        self._raise_for(answer)

    def _raise_for(self, answer: consent.Answer | None) -> None:
        match answer:
            case consent.TimedOut():
                raise UserTimeout(timeoutSeconds=self._opening.timeout_s)
            case consent.Unshown(document=index) if 0 <= index < len(self._opening.documents):
                name = self._opening.documents[index].name
                raise DocumentUnreadable("The document cannot be shown.", document=name)
            case consent.Cancelled():
                raise UserCancelled
            case _:
                _log.error("the dialog ended by itself")
                raise InternalError("The window ended by itself.")

    async def close(self) -> None:
        """End the process, also one that is just being started; the window is gone when this returns."""
        await self._dialog.kill()
        if self._starting is not None:
            await asyncio.wait([self._starting])
            self._starting.exception()  # `open` has told of it, or nobody waits any more
        await self._loop.run_in_executor(None, self._reap)
        if self._preview is not None:
            await self._preview.end()

    def _reap(self) -> None:
        """After what is still being sent and read: the number of a closed pipe may be another's at once."""
        self._dialog.reap()
        if self._reader is not None:
            self._reader.join(_BACKSTOP_S)
        with self._sending:
            self._control = None
            self._dialog.close()
        if self._dialogs_end is not None:
            self._dialogs_end.close()


class DialogConsent:
    """See `bridge.core.ports.Consent`. From one window to the next `PAUSE_S` goes by."""

    def __init__(self) -> None:
        self._free_at = 0.0
        self._ready = ReadyDialog()
        self._opened = 0

    @property
    def has_process(self) -> bool:
        """Whether a window is open, or is kept ready."""
        return self._opened > 0 or self._ready.has_process

    def prepare(self) -> None:
        """See `bridge.core.ports.Consent`."""
        if not self._opened:
            self._ready.prepare()

    async def end(self) -> None:
        """End what is ready for a window that has not been asked for."""
        await self._ready.end()

    @asynccontextmanager
    async def window(
        self, opening: consent.Open, documents: tuple[SignerDocument, ...] = ()
    ) -> AsyncIterator[DialogWindow]:
        """See `bridge.core.ports.Consent`."""
        preview = _preview(documents, opening.language)
        self._opened += 1
        dialog = self._ready.take()
        window = DialogWindow(opening, preview, not_before=self._free_at, dialog=dialog)
        try:
            await window.open()
            yield window
        finally:
            await asyncio.shield(self._close(window))

    async def _close(self, window: DialogWindow) -> None:
        await window.close()
        self._opened -= 1
        self._free_at = asyncio.get_running_loop().time() + PAUSE_S


def _preview(documents: tuple[SignerDocument, ...], language: Language) -> Preview | None:
    """What reads them, loaded with the first of them."""
    if not documents:
        return None
    from bridge.ui.preview.process import Preview

    return Preview(documents, language)
