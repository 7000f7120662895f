"""Using the card's key: every signature is checked with the certificate before it goes anywhere."""

from __future__ import annotations

import asyncio

from bridge.core import certificate as x509
from bridge.core import errors
from bridge.core.algorithms import HASHES, Algorithm
from bridge.core.ports import RawSigner
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.dialogue import Explained
from bridge.methods.session import CardSession
from bridge.methods.unlock import Unlocked


def best_algorithm(entry: CertificateEntry) -> Algorithm:
    """Raises: UnsupportedAlgorithm, where the token offers none of the table."""
    if not entry.algorithms:
        raise errors.UnsupportedAlgorithm
    return entry.algorithms[0]


def signer(call: Call, entry: CertificateEntry, algorithm: Algorithm) -> RawSigner:
    """A callable that signs a message with the card's key.

    The callable raises CardRemoved, DriverFailed (also for a signature that does not verify), ….
    """

    sign_digest = digest_signer(call, entry, algorithm)

    async def sign(message: bytes) -> bytes:
        return await sign_digest(HASHES[algorithm.hash_name](message).digest())

    return sign


def digest_signer(call: Call, entry: CertificateEntry, algorithm: Algorithm) -> RawSigner:
    """The same for a digest of the algorithm's hash function."""

    async def sign(digest: bytes) -> bytes:
        signature = await _unchecked(call, entry, algorithm, digest)
        _check(entry, algorithm, signature, digest)
        return signature

    return sign


class SignedFirst:
    """Signs in the turn at the card, and checks when the turn has been given to the next.

    Nothing that `sign` returns may go anywhere before `check`.
    """

    def __init__(self, call: Call, entry: CertificateEntry, algorithm: Algorithm) -> None:
        self._call, self._entry, self._algorithm = call, entry, algorithm
        self._made: list[tuple[bytes, bytes]] = []

    async def sign(self, message: bytes) -> bytes:
        """Raises: CardRemoved, DriverFailed, …."""
        digest = HASHES[self._algorithm.hash_name](message).digest()
        signature = await _unchecked(self._call, self._entry, self._algorithm, digest)
        self._made.append((signature, digest))
        return signature

    async def check(self) -> None:
        """Raises: DriverFailed, where a signature does not verify; its card session has ended then."""
        if self._call.desk.lane.is_busy:
            await asyncio.sleep(0)  # who has the turn now asks the card first
        try:
            for signature, digest in self._made:
                _check(self._entry, self._algorithm, signature, digest)
        except errors.DriverFailed:
            await self._call.desk.sessions.close(self._call.caller.connection)  # not who has the turn now
            raise


async def _unchecked(call: Call, entry: CertificateEntry, algorithm: Algorithm, digest: bytes) -> bytes:
    try:
        async with Explained(call, entry.place):
            return await call.desk.tokens.sign(entry.place, entry.key_id, algorithm.jws, digest)
    except errors.SessionUnknown as error:
        if call.desk.sessions.of(call.caller.connection) is not None:
            raise
        raise errors.DriverFailed(error.detail, driver=entry.place.driver) from None


def _check(entry: CertificateEntry, algorithm: Algorithm, signature: bytes, digest: bytes) -> None:
    if not x509.verifies(entry.facts.der, algorithm, signature, digest, is_digest=True):
        raise errors.DriverFailed(
            "The token returned a signature that does not verify.", driver=entry.place.driver
        )


def open_session(call: Call, unlocked: Unlocked, *, may_log_in: bool = False) -> str | None:
    """Open a session where the site's rule is `pin = "session"`; the secret for the result, or None.

    Args:
        may_log_in: the user has agreed to a login with the entry's certificate.
    """
    if call.caller.site.pin != "session":
        return None
    desk, entry = call.desk, unlocked.entry
    now, readers = desk.clock.monotonic(), desk.board.readers_of(entry.place.token)
    session = CardSession(
        connection=call.caller.connection,
        origin=call.caller.origin,
        site=call.caller.site,
        entry=entry,
        may_log_in=may_log_in,
        login=unlocked.login,
        contact=unlocked.approved.contact,
        readers=readers,
        removals=desk.board.removals(readers),
        opened_at=now,
        used_at=now,
    )
    desk.sessions.open(session)
    return desk.sessions.use(session)
