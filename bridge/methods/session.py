"""The open card session: one connection, one token (contract: "The PIN and the session")."""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from bridge.core.errors import SessionUnknown
from bridge.core.origin import Origin
from bridge.core.ports import Clock, Login, TokenAccess
from bridge.core.selection import CertificateEntry
from bridge.core.settings import SiteSettings

RESUME_WITHIN_S = 15.0
_LONGEST_SLEEP_S = 10.0  # the loop's clock may stop while the computer sleeps, the session's does not
SECRET_BYTES = 32


class CardSession(msgspec.Struct, kw_only=True):
    """A token that is logged in, and what was agreed on with its user.

    `readers` are those that may hold its card; they had lost `removals` cards when it was opened. `entry` is
    what the user consented to, and `may_log_in` whether for a login or for its PIN only; `secret` is None
    between a resumption and the next result.
    """

    connection: int
    origin: Origin
    site: SiteSettings
    entry: CertificateEntry
    login: Login
    contact: str | None
    readers: tuple[str, ...]
    removals: int
    opened_at: float
    used_at: float
    may_log_in: bool = False
    secret: str | None = None
    detached_at: float | None = None

    def deadline(self) -> float:
        """When it ends by itself, in monotonic seconds."""
        ends = min(self.used_at + self.site.pin_idle_s, self.opened_at + self.site.pin_max_s)
        return ends if self.detached_at is None else min(ends, self.detached_at + RESUME_WITHIN_S)


class CardSessions:
    """At most one session is open: there is one lane to the card.

    Args:
        site_of: the rules that count for a site now; a session that was opened under others is over.
    """

    def __init__(
        self,
        tokens: TokenAccess,
        clock: Clock,
        site_of: Callable[[Origin], SiteSettings | None] | None = None,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._site_of = site_of
        self._session: CardSession | None = None
        self._wake = asyncio.Event()
        self._busy = False
        self._keeper_awaits_turn = False
        self._has_lost_card = False
        self.watchers: list[Callable[[], None]] = []

    @property
    def is_open(self) -> bool:
        """Whether there is a session. `watchers` are called when one has ended with its worker, or a request
        without one, or when a page has gone."""
        return self._session is not None

    def of(self, connection: int) -> CardSession | None:
        """The live session of this connection."""
        session = self._session
        if session is None or session.connection != connection or session.detached_at is not None:
            return None
        return None if self._is_over(session) else session

    def _is_over(self, session: CardSession) -> bool:
        has_other_rules = self._site_of is not None and self._site_of(session.origin) != session.site
        return has_other_rules or self._clock.monotonic() >= session.deadline()

    async def begin_turn(self, connection: int) -> CardSession | None:
        """The caller has the turn at the card: whatever is not its own session ends first."""
        session = self.of(connection)
        if session is None:
            await self.end()
        self._busy = True
        return session

    async def end_turn(self) -> None:
        """The turn is over: without a session, every worker goes."""
        self._busy = False
        if self._keeper_awaits_turn:
            self._wake.set()
        if self._session is None or self._has_lost_card:
            await self.end()

    def open(self, session: CardSession) -> None:
        self._session = session
        self._wake.set()

    def use(self, session: CardSession) -> str:
        """Note the use, and give the secret that the result carries."""
        session.used_at = self._clock.monotonic()
        if session.secret is None:
            session.secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        return session.secret

    async def end(self) -> None:
        """End the session, its worker, and what the card remembers of the PIN.

        Goes through to its end although the caller is cancelled: no card stays logged in behind it.
        """
        self._session = None
        self._has_lost_card = False
        try:
            await _completed(self._tokens.end())
        finally:
            self._tell()

    async def close(self, connection: int) -> None:
        """End this connection's session; nothing happens where it has none."""
        session = self._session
        if session is not None and session.connection == connection:
            await self.end()

    def connection_closed(self, connection: int) -> None:
        """Keep the session for a page of the same site that follows at once."""
        session = self._session
        if session is not None and session.connection == connection and session.detached_at is None:
            session.detached_at = self._clock.monotonic()
            self._wake.set()
        self._tell()

    def resume(self, connection: int, origin: Origin, secret: str) -> None:
        """Give the session of a connection that has ended to `connection`.

        Raises:
            SessionUnknown: another secret, another site, too late, used before, or not ended yet.
        """
        session = self._session
        if session is None or session.secret is None or session.origin != origin:
            raise SessionUnknown
        if not hmac.compare_digest(session.secret.encode(), secret.encode()):
            raise SessionUnknown
        if session.detached_at is None or self._is_over(session):
            raise SessionUnknown
        session.connection, session.secret, session.detached_at = connection, None, None
        self._wake.set()

    async def keep(self) -> None:
        """End the session when its time is over. Sleeps without a timer while none is open.

        A turn in which the session is used wakes nobody: it only puts the end off.
        """
        while True:
            self._wake.clear()
            session = self._session
            self._keeper_awaits_turn = session is not None and self._busy
            if session is None or self._busy:
                await self._wake.wait()
                continue
            if self._is_over(session):
                await self.end()
                continue
            left = session.deadline() - self._clock.monotonic()
            try:
                async with asyncio.timeout(min(left, _LONGEST_SLEEP_S)):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def worker_lost(self) -> None:
        """The worker that is logged in has ended by itself: so does the session, at once or with its turn."""
        if self._busy:
            self._has_lost_card = self._session is not None
        elif self._session is not None:
            await self.end()

    async def readers_changed(self, removals: Callable[[tuple[str, ...]], int]) -> None:
        """PC/SC reports a change: a session whose card has left its reader ends, at once or with its turn."""
        session = self._session
        if session is None or removals(session.readers) == session.removals:
            return
        if self._busy:
            self._has_lost_card = True
        else:
            await self.end()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()


async def _completed(work: Coroutine[Any, Any, None]) -> None:
    """`work`, done to its end; a cancellation takes effect after it."""
    task = asyncio.get_running_loop().create_task(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    task.result()
    if cancellation is not None:
        raise cancellation
