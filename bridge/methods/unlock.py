"""Consent and PIN for one certificate: from the question in the window to a token that is logged in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge.core import errors
from bridge.core.consent import Approved, Confirm, ContactField, PinEntry, ShownDocument
from bridge.core.ports import Login
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.candidates import holder
from bridge.methods.dialogue import Dialogue, first, outcome, removal
from bridge.methods.session import CardSession

_LAST_WORD_S = 3.0
_DEFAULT_PIN_LENGTHS = (1, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """An entry whose token is logged in, and what the user approved."""

    entry: CertificateEntry
    login: Login
    approved: Approved


@asynccontextmanager
async def turn(call: Call, *, has_window: bool = True) -> AsyncIterator[CardSession | None]:
    """The turn at the card, with the caller's own live session where it has one.

    Raises:
        Busy, RateLimited
    """
    desk, caller = call.desk, call.caller
    if has_window:
        desk.cancellations.check(caller.origin, desk.clock.monotonic())
    async with desk.lane.turn(caller.connection, caller.origin, has_window=has_window):
        session = await desk.sessions.begin_turn(caller.connection)
        try:
            yield session
        except (errors.CardRemoved, errors.DriverFailed, errors.DriverTimeout, asyncio.CancelledError):
            await asyncio.shield(desk.sessions.end())
            raise
        finally:
            await asyncio.shield(desk.sessions.end_turn())


async def consent(
    call: Call,
    dialogue: Dialogue,
    entry: CertificateEntry,
    documents: tuple[ShownDocument, ...] = (),
) -> Approved:
    """Ask for the user's consent without a PIN.

    Raises:
        UserCancelled, UserTimeout, CardRemoved
    """
    await dialogue.show(Confirm(holder=holder(entry, call.desk.clock.now()), documents=documents))
    await call.progress.send("waitingForUser", reader=entry.reader)
    approved = await first(lambda: dialogue.answer(Approved), lambda: removal(call, entry.place))
    assert isinstance(approved, Approved)  # noqa: S101 - the removal only raises
    return approved


async def unlock(
    call: Call,
    dialogue: Dialogue,
    entry: CertificateEntry,
    *,
    contact: ContactField = "hidden",
    documents: tuple[ShownDocument, ...] = (),
) -> Unlocked:
    """Ask for consent and PIN in one window, and log in to the entry's token.

    Raises:
        PinLocked, PinIncorrect, UserCancelled, UserTimeout, CardRemoved, DriverFailed, …
    """
    token = entry.place.token
    if token.pin_state == "locked":
        raise errors.PinLocked
    screen = Confirm(
        holder=holder(entry, call.desk.clock.now()),
        documents=documents,
        contact=contact,
        pin=PinEntry(
            pin_state=token.pin_state,
            tries_left=token.tries_left,
            min_length=token.min_pin_length or _DEFAULT_PIN_LENGTHS[0],
            max_length=token.max_pin_length or _DEFAULT_PIN_LENGTHS[1],
            protected_authentication_path=token.protected_authentication_path,
        ),
    )
    await dialogue.show(screen)
    await call.progress.send("waitingForUser", reader=entry.reader)
    answer, login = await first(
        lambda: _answer_and_login(call, dialogue, entry), lambda: removal(call, entry.place)
    )
    return _unlocked(entry, answer, login)


async def _answer_and_login(
    call: Call, dialogue: Dialogue, entry: CertificateEntry
) -> tuple[Approved | errors.BridgeError, Login]:
    """What the window says and what the worker says; each ends soon after the other."""
    async with asyncio.TaskGroup() as group:
        channel = dialogue.pin_channel()
        login = group.create_task(outcome(call.desk.tokens.login(entry.place, channel)))
        answer = group.create_task(outcome(dialogue.answer(Approved)))
        await asyncio.wait([login, answer], return_when=asyncio.FIRST_COMPLETED)
        if login.done() and isinstance(login.result(), errors.BridgeError):
            answer.cancel()
        elif not login.done():
            await asyncio.wait([login], timeout=_LAST_WORD_S)
            login.cancel()
    result = Login(verdict=None) if login.cancelled() else login.result()
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
