"""Refused attempts, told to the company that they were aimed at: not one by one, but an hour's in one.

Who guesses must not be able to flood a company with mail, nor to learn from the time of an answer that
there was somebody to tell. So the attempt only leaves rows, the same whether a company was meant or not;
a task of its own reads them a minute later.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from .database import Company, Event, Refusal
from .engine import exclusive
from .history import SYSTEM
from .limits import TURN, forget

QUIET = timedelta(minutes=1)
AT_MOST_EVERY = timedelta(hours=1)
FORGET_EVERY = timedelta(hours=1)
MAX_ACTORS = 20


async def note(
    db: AsyncSession, companies: Mapping[str, int | None], actor: str, moment: datetime, locked: bool = False
) -> None:
    """Leave a row for each; `companies` is by what named it (number | name | card). No commit."""
    # The table, not the class: the ORM would leave out what is None, and so send another statement.
    await db.execute(
        insert(Refusal.__table__),  # type: ignore[arg-type]
        [
            {"company_id": company, "moment": moment, "named_by": by, "actor": actor, "locked": locked}
            for by, company in companies.items()
        ],
    )


class Refusals:
    """Writes them into the history, which tells the companies. One process does it at a time."""

    def __init__(self, database: async_sessionmaker[AsyncSession], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._forgot: datetime | None = None

    async def report(self) -> datetime | None:
        """Write the notices that are due, into the outbox; when to be asked again, None for at no time."""
        async with self._database() as db:
            some = await db.scalar(select(Refusal.id).limit(1))
            if some is None and not self._must_forget():
                return None
            await exclusive(db, TURN)
            now = self._clock()
            if self._must_forget():
                await forget(db, now)
                self._forgot = now
            await db.execute(
                delete(Refusal).where(Refusal.company_id.is_(None), Refusal.moment <= now - QUIET)
            )
            times = [await self._report_company(db, *each, now) for each in await _waiting(db)]
            await db.commit()
            return min((moment for moment in times if moment is not None), default=None)

    def _must_forget(self) -> bool:
        return self._forgot is None or self._clock() - self._forgot >= FORGET_EVERY

    async def _report_company(
        self, db: AsyncSession, company_id: int | None, first: datetime, now: datetime
    ) -> datetime | None:
        due = first + QUIET
        if company_id is None:
            return due
        last = await db.scalar(
            select(func.max(Event.moment)).where(Event.company_id == company_id, Event.kind == "refused")
        )
        if last is not None:
            due = max(due, last + AT_MOST_EVERY)
        if due > now:
            return due
        taken = delete(Refusal).where(Refusal.company_id == company_id).returning(Refusal)
        rows = list(await db.scalars(taken.execution_options(synchronize_session=False)))
        company = await db.get_one(Company, company_id)
        db.add(
            Event(
                moment=now,
                municipality=company.municipality,
                kind="refused",
                actor=SYSTEM,
                company_id=company_id,
                detail={
                    "count": len(rows),
                    "byNumber": sum(row.named_by == "number" for row in rows),
                    "byCard": sum(row.named_by == "card" for row in rows),
                    "locked": any(row.locked for row in rows),
                    "actors": sorted({row.actor for row in rows})[:MAX_ACTORS],
                },
            )
        )
        return None


async def _waiting(db: AsyncSession) -> Sequence[tuple[int | None, datetime]]:
    rows = await db.execute(select(Refusal.company_id, func.min(Refusal.moment)).group_by(Refusal.company_id))
    return [(company, first) for company, first in rows]
