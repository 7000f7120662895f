"""Which certificate a request is about: looking at the cards, waiting for one, letting the user choose."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from functools import partial

from bridge.core import certificate as x509
from bridge.core import errors, messages
from bridge.core.consent import Choose, Chosen, Holder, WaitForCard, WaitForReader
from bridge.core.ports import Survey
from bridge.core.readers import public_name
from bridge.core.selection import CertificateEntry
from bridge.core.webeid import signature_algorithm
from bridge.methods.call import Call
from bridge.methods.dialogue import Dialogue, first, removal

_SETTLE_S = 0.4
_LOOK_AGAIN_S = 0.5
_SETTLE_TRIES = 4


async def survey_cards(call: Call, dialogue: Dialogue) -> Survey:
    """What the drivers see, with at least one token; asks for a card where none is inserted.

    Raises:
        NoReader, NoCard, CardUnsupported, ReaderServiceUnavailable, DriverNotFound, DriverFailed, …
    """
    asyncio.get_running_loop().run_in_executor(None, x509.load)  # while the card is asked
    await call.desk.board.reported()
    tries = 0
    while True:
        survey = await call.desk.tokens.survey()
        call.desk.board.tokens_seen(survey)
        call.desk.seen(survey)
        hung = next((f for f in survey.failures if isinstance(f, errors.DriverTimeout)), None)
        if hung is not None and not survey.is_answered:
            raise hung
        if not survey.tokens or call.desk.board.reader_in_use is not None:
            await call.desk.look_again()
        if survey.tokens:
            return survey
        held = call.desk.board.reader_in_use
        tries = 0 if held is not None or _must_wait(call, survey) else tries + 1
        if held is not None:
            await _wait_for_reader(call, dialogue, held)
        elif tries == 0:
            await _wait_for_card(call, dialogue)
        elif tries >= _SETTLE_TRIES:
            raise next(iter(survey.failures), errors.CardUnsupported())
        else:
            await asyncio.sleep(_SETTLE_S)  # a card just inserted is powered, but not readable yet


def _must_wait(call: Call, survey: Survey) -> bool:
    board = call.desk.board
    if not board.service_available:
        raise next(iter(survey.failures), errors.ReaderServiceUnavailable())
    if not board.has_readers:
        raise next(iter(survey.failures), errors.NoReader())
    return not board.has_cards


async def _wait_for_card(call: Call, dialogue: Dialogue) -> None:
    await dialogue.show(WaitForCard())
    await call.progress.send("waitingForCard")
    try:
        await first(lambda: dialogue.answer(Chosen), lambda: _card_inserted(call))
    except (errors.UserCancelled, errors.UserTimeout):
        raise errors.NoCard from None


async def _wait_for_reader(call: Call, dialogue: Dialogue, reader: str) -> None:
    """Another program holds the card in `reader` exclusively (SCARD_SHARE_EXCLUSIVE)."""
    name = public_name(reader)
    await dialogue.show(WaitForReader(reader=name, programs=await call.desk.card_users()))
    await call.progress.send("waitingForReader", reader=name)
    await first(lambda: dialogue.answer(Chosen), lambda: _reader_released(call, reader))


async def _reader_released(call: Call, reader: str) -> None:
    board = call.desk.board
    while board.reader_in_use == reader:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_S):
                await board.change()
        await call.desk.look_again()
    if not board.service_available:
        raise errors.ReaderServiceUnavailable


async def _card_inserted(call: Call) -> None:
    board = call.desk.board
    while not board.has_cards:
        await board.change()
        if not board.service_available:
            raise errors.ReaderServiceUnavailable
        if not board.has_readers:
            raise errors.NoReader


async def choose_one(
    call: Call, dialogue: Dialogue, found: list[CertificateEntry], *, must_be_valid: bool = True
) -> CertificateEntry:
    """The only usable certificate, or the one that the user chooses.

    Raises:
        NoCertificate, CertificateExpired, CertificateNotYetValid: there is none to choose.
        UserCancelled, UserTimeout, CardRemoved
    """
    now = call.desk.clock.now()
    rows = [holder(entry, now, must_be_valid=must_be_valid) for entry in found]
    selectable = [index for index, row in enumerate(rows) if row.obstacle is None]
    if len(found) == 1:
        call.trail.entry = found[0]
    if not selectable:
        raise _none_usable(found, now)
    if len(selectable) == 1:
        call.trail.entry = found[selectable[0]]
        return found[selectable[0]]
    await dialogue.show(Choose(certificates=tuple(rows)))
    await call.progress.send("waitingForUser")
    places = {(entry.place.driver, entry.place.token.slot): entry.place for entry in found}
    chosen = await first(
        lambda: dialogue.answer(Chosen), *(partial(removal, call, place) for place in places.values())
    )
    index: int = chosen.index
    if index not in selectable:
        raise errors.InternalError("The window chose what cannot be chosen.")
    call.trail.entry = found[index]
    return found[index]


def _none_usable(found: list[CertificateEntry], now: datetime) -> errors.BridgeError:
    if not found:
        return errors.NoCertificate()
    expired = [entry.facts for entry in found if entry.facts.obstacle(now) == "expired"]
    if expired:
        return errors.CertificateExpired(notAfter=rfc3339(max(facts.not_after for facts in expired)))
    return errors.CertificateNotYetValid(notBefore=rfc3339(min(e.facts.not_before for e in found)))


def holder(entry: CertificateEntry, now: datetime, *, must_be_valid: bool = True) -> Holder:
    """The certificate in a person's words."""
    facts = entry.facts
    return Holder(
        common_name=facts.subject.get("commonName", ""),
        organization=facts.subject.get("organization", ""),
        issuer=facts.issuer_name,
        not_before=rfc3339(facts.not_before),
        not_after=rfc3339(facts.not_after),
        reader=entry.reader,
        obstacle=facts.obstacle(now) if must_be_valid else None,
    )


def public(entry: CertificateEntry) -> messages.Certificate:
    """The certificate as the page gets it, after consent."""
    facts = entry.facts
    return messages.Certificate(
        certificate=facts.der,
        chain=tuple(issuer.der for issuer in entry.chain),
        thumbprint=facts.thumbprint,
        subject=facts.subject,
        issuer=facts.issuer,
        serial_number=facts.serial_number,
        not_before=rfc3339(facts.not_before),
        not_after=rfc3339(facts.not_after),
        key_usage=facts.key_usage,
        supported_signature_algorithms=tuple(map(signature_algorithm, entry.algorithms)),
    )


def rfc3339(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
