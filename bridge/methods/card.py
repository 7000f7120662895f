"""`card.verifyPin`."""

from __future__ import annotations

from bridge.core import errors
from bridge.core.messages import VerifiedPin, VerifyPinParams
from bridge.core.ports import Survey
from bridge.core.selection import CertificateEntry, entries, for_authentication
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, survey_cards
from bridge.methods.dialogue import dialogue
from bridge.methods.keyuse import open_session
from bridge.methods.unlock import turn, unlock


async def verify_pin(call: Call, params: VerifyPinParams) -> VerifiedPin:
    """Ask for the PIN of a card, without using a key.

    Raises:
        BridgeError: no card, wrong PIN, cancelled, …
    """
    has_session = call.desk.sessions.of(call.caller.connection) is not None
    async with turn(call, has_window=not has_session) as session:
        if session is not None and params.reader in (None, session.entry.reader):
            secret = call.desk.sessions.use(session)
            return VerifiedPin(verified=True, contact=session.contact, session=secret)
        await call.desk.sessions.end()
        async with dialogue(call, "verifyPin") as window:
            fitting = _one_a_token(await survey_cards(call, window))
            if params.reader is not None:
                fitting = _in_reader(call, params.reader, fitting)
            entry = await choose_one(call, window, fitting, must_be_valid=False)
            unlocked = await unlock(call, window, entry, contact=params.contact_field)
        return VerifiedPin(
            verified=True, contact=unlocked.approved.contact, session=open_session(call, unlocked)
        )


def _one_a_token(survey: Survey) -> list[CertificateEntry]:
    """One certificate stands for its token in the window, the authentication certificate if there is one."""
    by_token: dict[tuple[str, int], CertificateEntry] = {}
    found = entries(survey)
    for entry in for_authentication(found) + found:
        by_token.setdefault((entry.place.driver, entry.place.token.slot), entry)
    return list(by_token.values())


def _in_reader(call: Call, reader: str, found: list[CertificateEntry]) -> list[CertificateEntry]:
    fitting = [entry for entry in found if entry.reader == reader]
    if not fitting:
        known = any(reader == other.name for other in call.desk.board.readers())
        raise errors.NoCard if known else errors.NoReader
    return fitting
