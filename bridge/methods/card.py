"""`card.verifyPin`, `card.changePin`, `card.unblockPin`."""

from __future__ import annotations

from functools import partial
from typing import Literal

from bridge.core import errors
from bridge.core.consent import ChangeSecret, PinEntry
from bridge.core.messages import ChangedPin, ReaderParams, VerifiedPin, VerifyPinParams
from bridge.core.ports import PinChange, Survey
from bridge.core.selection import CertificateEntry, entries, for_authentication
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, holder, survey_cards
from bridge.methods.dialogue import Dialogue, dialogue
from bridge.methods.keyuse import open_session
from bridge.methods.unlock import CardTurn, answer_and_work, pin_entry, unlock


async def verify_pin(call: Call, params: VerifyPinParams) -> VerifiedPin:
    """Ask for the PIN of a card, without using a key.

    Raises:
        BridgeError: no card, wrong PIN, cancelled, …
    """
    has_session = call.desk.sessions.of(call.caller.connection) is not None
    async with CardTurn(call, has_window=not has_session) as session:
        if session is not None and params.reader in (None, _reader(call, session.entry)):
            call.trail.entry = session.entry
            secret = call.desk.sessions.use(session)
            return VerifiedPin(verified=True, contact=session.contact, session=secret)
        await call.desk.sessions.end()
        async with dialogue(call, "verifyPin") as window:
            entry = await _card(call, window, params.reader)
            unlocked = await unlock(call, window, entry, contact=params.contact_field)
        await call.desk.tokens.forget(entry.place)
        return VerifiedPin(
            verified=True, contact=unlocked.approved.contact, session=open_session(call, unlocked)
        )


async def change_pin(call: Call, params: ReaderParams) -> ChangedPin:
    """Let the user change the PIN of a card. Any card session ends.

    Raises:
        PinLocked, PinIncorrect, PinRejected: how it ended; anything else says nothing about the PIN.
    """
    return await _change(call, params, "change")


async def unblock_pin(call: Call, params: ReaderParams) -> ChangedPin:
    """Let the user set a new PIN with the PUK. Any card session ends.

    Raises:
        PinLocked: the PUK is locked, or the card cannot be unblocked here.
        PinIncorrect: the user gave up after a wrong PUK. PinRejected, …: as for `change_pin`.
    """
    return await _change(call, params, "unblock")


async def _change(call: Call, params: ReaderParams, kind: Literal["change", "unblock"]) -> ChangedPin:
    async with CardTurn(call):
        await call.desk.sessions.end()
        async with dialogue(call, "changePin" if kind == "change" else "unblockPin") as window:
            entry = await _card(call, window, params.reader)
            await window.show(_screen(call, entry, kind))
            await call.progress.send("waitingForUser", reader=entry.reader)
            work = partial(call.desk.tokens.change_pin, entry.place, kind)
            answer, changed = await answer_and_work(call, window, entry, work)
        return _changed(answer, changed or PinChange(verdict=None))


def _screen(call: Call, entry: CertificateEntry, kind: Literal["change", "unblock"]) -> ChangeSecret:
    entered: PinEntry = pin_entry(entry)
    if kind == "change" and entered.pin_state == "locked":
        raise errors.PinLocked
    if kind == "unblock":
        entered = entered.__replace__(pin_state="unknown", tries_left=None)
    return ChangeSecret(holder=holder(entry, call.desk.clock.now(), must_be_valid=False), pin=entered)


def _changed(answer: object, changed: PinChange) -> ChangedPin:
    if changed.verdict == "locked":
        raise errors.PinLocked
    if isinstance(answer, errors.UserCancelled) and changed.verdict == "incorrect":
        raise errors.PinIncorrect(pinState=changed.pin_state)
    if isinstance(answer, errors.UserCancelled) and changed.verdict == "rejected":
        raise errors.PinRejected
    if isinstance(answer, errors.BridgeError):
        raise answer
    if changed.verdict != "accepted":
        raise errors.InternalError("The window approved, but the PIN was not changed.")
    return ChangedPin(changed=True)


async def _card(call: Call, window: Dialogue, reader: str | None) -> CertificateEntry:
    fitting = _one_a_token(await survey_cards(call, window))
    if reader is not None:
        fitting = _in_reader(call, reader, fitting)
    return await choose_one(call, window, fitting, must_be_valid=False)


def _one_a_token(survey: Survey) -> list[CertificateEntry]:
    """One certificate stands for its token in the window, the authentication certificate if there is one."""
    by_token: dict[tuple[str, int], CertificateEntry] = {}
    found = entries(survey)
    for entry in for_authentication(found) + found:
        by_token.setdefault((entry.place.driver, entry.place.token.slot), entry)
    return list(by_token.values())


def _in_reader(call: Call, reader: str, found: list[CertificateEntry]) -> list[CertificateEntry]:
    fitting = [entry for entry in found if _reader(call, entry) == reader]
    if not fitting:
        known = any(reader == other.name for other in call.desk.board.readers())
        raise errors.NoCard if known else errors.NoReader
    return fitting


def _reader(call: Call, entry: CertificateEntry) -> str:
    return call.desk.board.public_reader_of(entry.place.token)
