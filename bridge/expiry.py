"""Remembers the certificates that workers have seen, and says in time that they end."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from bridge.core import expiry
from bridge.core.certificate import CertificateFacts
from bridge.core.expiry import Known, KnownCard
from bridge.core.ports import Clock, Survey
from bridge.core.selection import entries
from bridge.paths import read_private, write_private

_log = logging.getLogger(__name__)

_KEY_BYTES = 32
_LONGEST_SLEEP_S = 6 * 3600.0  # the loop's clock stands still while the computer sleeps, and clocks are set
_AGAIN_S = 3600.0
_LONGEST_FILE_BYTES = 1024 * 1024

Announce = Callable[[datetime], Awaitable[bool]]
"""Tells the user that a certificate ends at this time; whether the user can have seen it."""


class CertificateMemory:
    """See `bridge.core.expiry` for what is kept. `watchers` hear when there is something else to show."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._known = _load(path)
        self._saved = self._known
        self._seen: set[bytes] = set()
        self._is_telling = False
        self._wake = asyncio.Event()
        self._next: datetime | None = None
        self.watchers: list[Callable[[], None]] = []

    @property
    def is_settled(self) -> bool:
        """Whether all is kept, and nobody is just being told of anything."""
        return self._known == self._saved and not self._is_telling

    def ends(self) -> tuple[datetime, ...]:
        """The ends of the certificates that matter, the nearest first."""
        return expiry.ends(self._known, self._clock.now())

    def saw(self, survey: Survey) -> None:
        """A worker has looked at these tokens. Nothing is started for it."""
        by_token: dict[tuple[str, int], list[CertificateFacts]] = {}
        new = {c.der for place in survey.tokens for c in place.token.certificates} - self._seen
        if not new:
            return
        self._seen |= new
        for entry in entries(survey):
            by_token.setdefault((entry.place.driver, entry.place.token.slot), []).append(entry.facts)
        before, now = self._known, self._clock.now()
        for certificates in by_token.values():
            card = expiry.card_of(certificates, self._known.key)
            self._known = expiry.with_card(self._known, card, now)
        if self._known != before:
            self._changed()

    def look(self) -> None:
        """Something has happened that may mean that time has passed: the computer was asleep."""
        if self._next is not None and self._clock.now() >= self._next:
            self._wake.set()

    async def keep(self, announce: Announce | None) -> None:
        """Announce what is due, until cancelled. Without anything to announce there is no timer."""
        try:
            while True:
                await self._turn(announce)
        finally:
            if self._known != self._saved:
                self._save(self._known)

    async def _turn(self, announce: Announce | None) -> None:
        """Say and keep what there is now, and wait for more."""
        self._wake.clear()
        is_said = announce is None or await self._announce(announce)
        if (known := self._known) != self._saved:
            await asyncio.to_thread(self._save, known)
            self._saved = known
        self._next = self._nearest(announce is not None) if is_said else self._clock.now()
        try:
            async with asyncio.timeout(self._sleep_s(announce is not None) if is_said else _AGAIN_S):
                await self._wake.wait()
        except TimeoutError:
            self._tell()

    async def _announce(self, announce: Announce) -> bool:
        """Whether all that was due has been said."""
        while (card := expiry.due(self._known, self._clock.now())) is not None:
            self._is_telling = True
            try:
                if not await announce(card.ends):
                    return False
            finally:
                self._is_telling = False
            self._known = expiry.announced(self._known, card, self._clock.now())
        return True

    def _sleep_s(self, announces: bool) -> float | None:
        nearest = self._nearest(announces)
        if nearest is None:
            return None
        return min(max(0.0, (nearest - self._clock.now()).total_seconds()) + 1.0, _LONGEST_SLEEP_S)

    def _nearest(self, announces: bool) -> datetime | None:
        """When there is something to say or to show anew."""
        now = self._clock.now()
        if not self._known.cards or not announces:
            return None
        moments = [expiry.next_due(self._known, now), _next_day(now)]
        return min(moment for moment in moments if moment is not None)

    def _changed(self) -> None:
        self._wake.set()
        self._tell()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()

    def _save(self, known: Known) -> None:
        try:
            write_private(self._path, msgspec.json.encode(known))
        except OSError as error:
            _log.warning("the certificates' ends cannot be kept: %s", error.strerror)


def _next_day(now: datetime) -> datetime:
    """Midnight where people are: the days that are left are counted anew."""
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).astimezone(now.tzinfo)


def _load(path: Path) -> Known:
    try:
        known = msgspec.json.decode(read_private(path, _LONGEST_FILE_BYTES), type=Known)
        bytes.fromhex(known.key)
        if all(_is_usable(card) for card in known.cards):
            return known
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("what was kept of certificates' ends cannot be used: %s", error)
    return Known(key=secrets.token_hex(_KEY_BYTES))


def _is_usable(card: KnownCard) -> bool:
    times = (card.ends, *(said.at for said in card.said))
    return all(time.tzinfo for time in times) and expiry.FIRST <= card.ends <= expiry.LAST
