"""`auth.getToken`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bridge.core import errors
from bridge.core.algorithms import Algorithm
from bridge.core.messages import AuthenticationToken, GetTokenParams, Token
from bridge.core.ports import RawSigner, Survey
from bridge.core.selection import CertificateEntry, entries, for_authentication, matching
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, survey_cards
from bridge.methods.dialogue import dialogue
from bridge.methods.keyuse import SignedFirst, best_algorithm, open_session, signer
from bridge.methods.session import CardSession
from bridge.methods.unlock import CardTurn, unlock
from bridge.signatures import authtoken


async def get_token(call: Call, params: GetTokenParams) -> Token:
    """A Web eID authentication token for the page's own origin.

    Raises:
        BridgeError: no card, wrong PIN, cancelled, …
    """
    has_session = call.desk.sessions.of(call.caller.connection) is not None
    async with CardTurn(call, has_window=not has_session) as session:
        entry = None if session is None else _usable(call, params, session)
        made = None
        if session is not None and entry is not None:
            with suppress(errors.SessionUnknown):  # another program has ended the card's login
                made = await _within(call, params, session, entry)
        if made is None:
            await call.desk.sessions.end()
            return await _with_window(call, params)
    token, check = made
    await check()
    return token


def _usable(call: Call, params: GetTokenParams, session: CardSession) -> CertificateEntry | None:
    """What logs in without a window: what the user has logged in with, or the only certificate for it."""
    now = call.desk.clock.now()
    if session.may_log_in:
        found = [session.entry]
    else:
        found = entries(Survey(tokens=(session.entry.place,), unrecognised=(), failures=()))
    fitting = matching(for_authentication(found), params.filter)
    valid = [entry for entry in fitting if entry.facts.obstacle(now) is None]
    return valid[0] if len(valid) == 1 else None


async def _within(
    call: Call, params: GetTokenParams, session: CardSession, entry: CertificateEntry
) -> tuple[Token, Callable[[], Awaitable[None]]]:
    """The token, and the check that has to come before it goes anywhere."""
    call.trail.entry = entry
    call.progress.unless_quick("signing", done=0, total=1, reader=entry.reader)
    algorithm = best_algorithm(entry)
    key = SignedFirst(call, entry, algorithm)
    token = await _signed(call, params, entry, algorithm, key.sign)
    result = Token(token=token, contact=session.contact, session=call.desk.sessions.use(session))
    return result, key.check


async def _with_window(call: Call, params: GetTokenParams) -> Token:
    async with dialogue(call, "authenticate") as window:
        found = for_authentication(entries(await survey_cards(call, window)))
        entry = await choose_one(call, window, matching(found, params.filter))
        algorithm = best_algorithm(entry)
        unlocked = await unlock(call, window, entry, contact=params.contact_field)
    await call.progress.send("signing", done=0, total=1, reader=entry.reader)
    token = await _signed(call, params, entry, algorithm, signer(call, entry, algorithm))
    await call.desk.tokens.forget(entry.place)
    session = open_session(call, unlocked, may_log_in=True)
    return Token(token=token, contact=unlocked.approved.contact, session=session)


async def _signed(
    call: Call, params: GetTokenParams, entry: CertificateEntry, algorithm: Algorithm, sign: RawSigner
) -> AuthenticationToken:
    return await authtoken.make(
        entry.facts.der,
        algorithm,
        sign,
        origin=call.caller.origin,
        challenge_nonce=params.challenge_nonce,
        version=call.desk.version,
    )
