"""Consent and PIN for one certificate: from the question in the window to a token that is logged in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import TypeVar

import msgspec

from bridge.core import errors
from bridge.core.consent import Approved, Confirm, ContactField, PinEntry
from bridge.core.ports import Login, PinChange, PinChannel
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.candidates import holder
from bridge.methods.dialogue import Dialogue, Explained, first, outcome, removal
from bridge.methods.session import CardSession

_R = TypeVar("_R", Login, PinChange)

_LAST_WORD_S = 3.0
_AFTER_APPROVAL_S = 30.0
_ENDS_SESSION = (
    errors.CardRemoved,
    errors.DriverFailed,
    errors.DriverTimeout,
    errors.SessionUnknown,
    asyncio.CancelledError,
)
_DEFAULT_PIN_LENGTHS = (1, 255)


class Unlocked(msgspec.Struct, frozen=True, kw_only=True):
    """An entry whose token is logged in, and what the user approved."""

    entry: CertificateEntry
    login: Login
    approved: Approved


class CardTurn:
    """A context: the turn at the card, with the caller's own live session where it has one.

    With `has_window`, a site that has to wait is told so before it queues; when a window opens, it is asked
    again (`Dialogue.show`), whatever was foreseen.

    Raises:
        Busy, RateLimited
    """

    def __init__(self, call: Call, *, has_window: bool = True) -> None:
        desk, caller = call.desk, call.caller
        if has_window:
            desk.cancellations.check(caller.origin, desk.clock.monotonic())
        self._sessions, self._connection = desk.sessions, caller.connection
        self._place = desk.lane.turn(caller.connection, caller.origin, has_window=has_window)

    async def __aenter__(self) -> CardSession | None:
        await self._place.enter()
        try:
            return await self._sessions.begin_turn(self._connection)
        except BaseException:
            self._place.leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, _ENDS_SESSION) and not isinstance(error, errors.TimeStampFailed):
                await self._sessions.end()
        finally:
            try:
                await self._sessions.end_turn()
            finally:
                self._place.leave()


async def consent(call: Call, dialogue: Dialogue, entry: CertificateEntry) -> Approved:
    """Ask for the user's consent without a PIN.

    Raises:
        UserCancelled, UserTimeout, CardRemoved, DocumentUnreadable
    """
    await dialogue.show(Confirm(holder=holder(entry, call.desk.clock.now())))
    await call.progress.send("waitingForUser", reader=entry.reader)
    approved = await first(lambda: dialogue.answer(Approved), lambda: removal(call, entry.place))
    assert isinstance(approved, Approved)  # noqa: S101 - the removal only raises
    return approved


def pin_entry(entry: CertificateEntry) -> PinEntry:
    """What the window has to know of the token's PIN."""
    token = entry.place.token
    return PinEntry(
        pin_state=token.pin_state,
        tries_left=token.tries_left,
        min_length=token.min_pin_length or _DEFAULT_PIN_LENGTHS[0],
        max_length=token.max_pin_length or _DEFAULT_PIN_LENGTHS[1],
        protected_authentication_path=token.protected_authentication_path,
    )


async def unlock(
    call: Call,
    dialogue: Dialogue,
    entry: CertificateEntry,
    *,
    contact: ContactField = "hidden",
) -> Unlocked:
    """Ask for consent and PIN in one window, and log in to the entry's token.

    Raises:
        PinLocked, PinIncorrect, UserCancelled, UserTimeout, CardRemoved, DriverFailed, …
    """
    if entry.place.token.pin_state == "locked":
        raise errors.PinLocked
    screen = Confirm(
        holder=holder(entry, call.desk.clock.now()),
        contact=contact,
        pin=pin_entry(entry),
    )
    await dialogue.show(screen)
    await call.progress.send("waitingForUser", reader=entry.reader)
    tokens = call.desk.tokens
    answer, login = await answer_and_work(call, dialogue, entry, partial(tokens.login, entry.place))
    return _unlocked(entry, answer, login or Login(verdict=None))


async def answer_and_work(
    call: Call, dialogue: Dialogue, entry: CertificateEntry, work: Callable[[PinChannel], Awaitable[_R]]
) -> tuple[Approved | errors.BridgeError, _R | None]:
    """What the window says, and the result of the worker that reads the same window's PIN pipe.

    The result is None where the window went before the worker had done anything.

    Raises:
        CardRemoved, ReaderServiceUnavailable, DriverFailed, …: what is not about the PIN.
    """
    async with Explained(call, entry.place):
        both: tuple[Approved | errors.BridgeError, _R | None] = await first(
            lambda: _both(dialogue, work), lambda: removal(call, entry.place)
        )
        return both


async def _both(
    dialogue: Dialogue, work: Callable[[PinChannel], Awaitable[_R]]
) -> tuple[Approved | errors.BridgeError, _R | None]:
    """Each of the two ends soon after the other."""
    async with asyncio.TaskGroup() as group:
        working = group.create_task(outcome(work(dialogue.pin_channel())))
        answer = group.create_task(outcome(dialogue.answer(Approved)))
        await asyncio.wait([working, answer], return_when=asyncio.FIRST_COMPLETED)
        if working.done() and isinstance(working.result(), errors.BridgeError):
            answer.cancel()
        elif not working.done():
            is_approved = isinstance(answer.result(), Approved)
            await asyncio.wait([working], timeout=_AFTER_APPROVAL_S if is_approved else _LAST_WORD_S)
            working.cancel()
    result = None if working.cancelled() else working.result()
    if isinstance(result, errors.BridgeError):
        raise result
    return answer.result(), result


def _unlocked(entry: CertificateEntry, answer: Approved | errors.BridgeError, login: Login) -> Unlocked:
    if login.verdict == "locked":
        raise errors.PinLocked
    if isinstance(answer, errors.UserCancelled) and login.verdict == "incorrect":
        raise errors.PinIncorrect(triesLeft=login.tries_left, pinState=login.pin_state)
    if isinstance(answer, errors.BridgeError):
        raise answer
    if login.verdict != "accepted":
        raise errors.InternalError("The window approved, but the token is not logged in.")
    return Unlocked(entry=entry, login=login, approved=answer)
