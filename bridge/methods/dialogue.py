"""The window of one request, opened when there is something to show, and what may interrupt it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Any, TypeVar

from bridge.core.consent import Approved, Chosen, Open, Program, Purpose, Screen, ShownDocument, Site, Working
from bridge.core.document import SignerDocument
from bridge.core.errors import (
    BridgeError,
    CardRemoved,
    CertificateExpired,
    CertificateMismatch,
    CertificateNotYetValid,
    DriverFailed,
    InternalError,
    NoCertificate,
    OriginNotPermitted,
    PinLocked,
    ReaderServiceUnavailable,
    UnsupportedAlgorithm,
    UserCancelled,
)
from bridge.core.origin import THE_USER
from bridge.core.ports import PinChannel, PlacedToken, Window
from bridge.methods.call import Call

_NEWS_S = 1.0
_TELLS_OF_THE_CARD = (
    CertificateExpired, CertificateMismatch, CertificateNotYetValid, NoCertificate, OriginNotPermitted,
    PinLocked, UnsupportedAlgorithm,
)  # fmt: skip
_T = TypeVar("_T")
_A = TypeVar("_A", Approved, Chosen)


class Dialogue:
    """Shows screens in one window, which opens with the first of them.

    `has_chosen`: the user has chosen a certificate in it.
    """

    def __init__(
        self,
        call: Call,
        purpose: Purpose,
        documents: tuple[SignerDocument, ...],
        program: Awaitable[Program | None],
        stack: AsyncExitStack,
    ) -> None:
        self._program = program
        self._call = call
        self._purpose = purpose
        self._documents = documents
        self._stack = stack
        self._window: Window | None = None
        self.has_chosen = False

    async def show(self, screen: Screen) -> None:
        """Show `screen`, in the window that is open or in a new one.

        Raises:
            DocumentUnreadable: a document cannot be shown; no window has been opened.
            RateLimited: the user has dismissed this site's windows; no window has been opened.
            Busy: the request was to do without a window, and another of its connection has had one instead.
            UserCancelled
        """
        if self._window is None:
            await self._open(screen)
            return
        with self._counting():
            await self._window.show(screen)

    async def _open(self, screen: Screen) -> None:
        # Again: since the turn was asked for, others of this site's windows may have been dismissed.
        self._call.desk.cancellations.check(self._call.caller.origin, self._call.desk.clock.monotonic())
        self._call.desk.lane.open_window()
        opening = Open(
            language=self._call.language,
            site=_site(self._call),
            purpose=self._purpose,
            timeout_s=self._call.desk.policy.ui.timeout_s,
            screen=screen,
            documents=tuple(map(_named, self._documents)),
            program=await self._program,
        )
        window = self._call.desk.consent.window(opening, self._documents)
        with self._counting():
            try:
                self._window = await self._stack.enter_async_context(window)
            except asyncio.CancelledError:  # just when it appears
                self._call.trail.has_window = True
                raise
        self._call.trail.has_window = True

    async def answer(self, kind: type[_A]) -> _A:
        """The user's answer.

        Raises:
            UserCancelled, UserTimeout
        """
        with self._counting():
            answer = await self._opened().answer()
        if not isinstance(answer, kind):
            raise InternalError("The window answered another question.")
        self.has_chosen = self.has_chosen or isinstance(answer, Chosen)
        self._call.trail.is_answered = True
        return answer

    async def show_work(self, screen: Working) -> None:
        """Show for the first time how far the approved work is.

        Raises:
            UserCancelled
        """
        with self._counting():
            await self._opened().show(screen)

    async def update(self, screen: Working) -> None:
        """Show how far it is now."""
        await self._opened().update(screen)

    async def cancelled(self) -> None:
        """Wait until the user cancels what was approved.

        Raises:
            UserCancelled
        """
        with self._counting():
            await self._opened().cancelled()

    def _opened(self) -> Window:
        if self._window is None:
            raise InternalError("No window is open.")
        return self._window

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """A site whose windows the user keeps dismissing has to wait."""
        try:
            yield
        except UserCancelled:
            desk = self._call.desk
            desk.cancellations.add(self._call.caller.origin, desk.clock.monotonic())
            raise

    def pin_channel(self) -> PinChannel:
        channel = self._window.pin_channel if self._window else None
        if channel is None:
            raise InternalError("The PIN pipe is gone.")
        return channel


@asynccontextmanager
async def dialogue(
    call: Call, purpose: Purpose, documents: tuple[SignerDocument, ...] = ()
) -> AsyncIterator[Dialogue]:
    """A dialogue whose window is gone when the context is left.

    Raises:
        RateLimited: of this site's requests too many have ended without one.
    """
    call.desk.consent.prepare()
    program = asyncio.get_running_loop().create_task(_program(call))  # found out while the card is asked
    try:
        with _counting_unanswered(call):
            async with AsyncExitStack() as stack:
                yield Dialogue(call, purpose, documents, program, stack)
    finally:
        program.cancel()
        call.desk.consent.prepare()  # often, a page asks for more than one


async def _program(call: Call) -> Program | None:
    return await call.caller.program()


@contextmanager
def _counting_unanswered(call: Call) -> Iterator[None]:
    """No site finds out again and again, with nobody looking, what is on the card or is not; and none opens
    windows again and again that it takes away itself.
    """
    desk, origin = call.desk, call.caller.origin
    desk.unanswered.check(origin, desk.clock.monotonic())
    try:
        yield
    except (*_TELLS_OF_THE_CARD, asyncio.CancelledError) as error:
        is_withdrawn = isinstance(error, asyncio.CancelledError)
        if is_withdrawn == call.trail.has_window and not call.trail.is_answered:
            desk.unanswered.add(origin, desk.clock.monotonic())
        raise


def _site(call: Call) -> Site | None:
    if call.caller.origin == THE_USER:
        return None
    return Site(name=call.caller.site.name, origin=str(call.caller.origin))


def _named(document: SignerDocument) -> ShownDocument:
    return ShownDocument(name=document.name, media_type=document.media_type, size_bytes=document.size_bytes)


async def outcome(work: Awaitable[_T]) -> _T | BridgeError:
    """The result, or the error of the contract, as a value: for use in a TaskGroup."""
    try:
        return await work
    except BridgeError as error:
        return error


async def first(*work: Callable[[], Awaitable[Any]]) -> Any:
    """The result of whichever is done first; the others are cancelled.

    Raises:
        BridgeError: the first one's error.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(each())) for each in work]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
    result = next(task for task in tasks if task in done).result()
    if isinstance(result, BridgeError):
        raise result
    return result


class Explained:
    """A context in which a driver that fails because its card or PC/SC has gone is not to blame.

    The driver often knows before PC/SC tells us (pcscd looks at some readers each 0.4 s), and may call it
    cancelled on the reader's keypad.

    Raises:
        CardRemoved, ReaderServiceUnavailable: instead of DriverFailed or UserCancelled.
    """

    def __init__(self, call: Call, place: PlacedToken) -> None:
        self._call = call
        self._readers = call.desk.board.readers_of(place.token)
        self._before = call.desk.board.removals(self._readers)

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, (DriverFailed, UserCancelled)):
            with suppress(TimeoutError):
                async with asyncio.timeout(_NEWS_S):
                    await _gone(self._call, self._readers, self._before)


async def removal(call: Call, place: PlacedToken) -> None:
    """Wait until the card of `place` is gone; for ever where no reader is known to hold it.

    Raises:
        CardRemoved, ReaderServiceUnavailable
    """
    board = call.desk.board
    readers = board.readers_of(place.token)
    await _gone(call, readers, board.removals(readers))


async def _gone(call: Call, readers: tuple[str, ...], before: int) -> None:
    board = call.desk.board
    while board.removals(readers) == before:
        await board.change()
    if not board.service_available:
        raise ReaderServiceUnavailable
    raise CardRemoved
