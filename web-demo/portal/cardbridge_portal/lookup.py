"""S4: registration number and name against 資格審査情報, with a limit of attempts."""

import hmac
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .characters import map_windows
from .database import Company, LookupAttempts
from .engine import exclusive
from .numbers import NumberKey
from .settings import Settings


class LockedOut(Exception):
    """Too many failures of this card or this address; nothing was compared."""


class NotFound(Exception):
    """Number or name is wrong; never says which."""


class QualificationRecords:
    """Look-ups, one of a municipality at a time over all processes: no attempt goes uncounted."""

    def __init__(self, settings: Settings, key: NumberKey) -> None:
        self._settings = settings
        self._key = key

    async def find(
        self, db: AsyncSession, *, municipality: str, number: str, name: str, card: str, address: str
    ) -> Company:
        """The company with exactly this number and name.

        `card` and `address` are whom a failure is counted for. A success clears nothing: with a
        card of one's own, another company's number could otherwise be guessed for ever.

        Raises:
            LockedOut, NotFound
        """
        subjects = (self._key.subject("card", card), self._key.subject("address", address))
        await exclusive(db, f"lookup {municipality}")
        counters = [await self._counter(db, subject) for subject in subjects]
        now = self._settings.clock()
        if any(row.locked_until is not None and row.locked_until > now for row in counters):
            await db.commit()
            raise LockedOut
        company = await self._match(db, municipality, number, name)
        if company is None:
            for row in counters:
                self._count(row)
        await db.commit()
        if company is None:
            raise NotFound
        return company

    async def _match(self, db: AsyncSession, municipality: str, number: str, name: str) -> Company | None:
        wanted = await self._key.mac(db, municipality, number)
        # U+FF0D and U+2212 are one character of X 0208: Windows types the one, others the other.
        wanted_name = map_windows(name).encode()
        found: Company | None = None
        # Every company is compared, in constant time, so that time tells nothing.
        for company in await db.scalars(select(Company).where(Company.municipality == municipality)):
            same_number = hmac.compare_digest(company.number_mac or "", wanted)
            same_name = hmac.compare_digest(map_windows(company.name).encode(), wanted_name)
            if same_number & same_name:
                found = company
        return found

    async def _counter(self, db: AsyncSession, subject: str) -> LookupAttempts:
        now = self._settings.clock()
        row = await db.get(LookupAttempts, subject, with_for_update=True, populate_existing=True)
        if row is None:
            row = LookupAttempts(subject=subject, failures=0, last_failure=now, forgotten=now)
            db.add(row)
        elif now - row.last_failure >= timedelta(seconds=self._settings.lockout_s):
            row.failures, row.locked_until = 0, None
        return row

    def _count(self, row: LookupAttempts) -> None:
        row.failures += 1
        row.last_failure = self._settings.clock()
        if row.failures >= self._settings.attempts:
            row.locked_until = row.last_failure + timedelta(seconds=self._settings.lockout_s)
