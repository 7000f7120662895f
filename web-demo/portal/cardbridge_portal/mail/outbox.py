"""The queue of letters in the database: who takes one, and what became of it.

A letter is taken by moving its `due` a lease ahead and marking it with a fresh `claim`; whoever dies
with it lets the lease run out, and another process takes it. At least once, with the same Message-ID.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from ..database import OutgoingMail
from .message import Letter
from .transport import MAX_ANSWER

LEASE = timedelta(minutes=5)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=4)
GIVE_UP = timedelta(days=5)  # RFC 5321 section 4.5.4.1: four to five days
KEEP_SENT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A letter that this process has for the time of its lease; `tries` counts this one."""

    id: int
    kind: str
    claim: str
    tries: int
    first_try: datetime | None
    letter: Letter


class Outbox:
    """The queue; every call is a transaction of its own."""

    def __init__(self, database: async_sessionmaker[AsyncSession], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def take(self) -> Taken | None:
        """The letter that is due longest, or None. No two processes get the same one."""
        now, claim = self._clock(), secrets.token_hex(8)
        first = (
            select(OutgoingMail.id)
            .where(OutgoingMail.state == "waiting", OutgoingMail.due <= now)
            .order_by(OutgoingMail.due, OutgoingMail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taking = (
            update(OutgoingMail)
            .where(OutgoingMail.id == first.scalar_subquery())
            .values(due=now + LEASE, claim=claim, tries=OutgoingMail.tries + 1)
            .returning(OutgoingMail)
            .execution_options(synchronize_session=False)
        )
        async with self._database.begin() as db:
            row = (await db.scalars(taking)).one_or_none()
            return None if row is None else _taken(row, claim)

    async def sent(self, taken: Taken) -> None:
        """It went; the row is kept a month as the proof, then deleted."""
        async with self._database.begin() as db:
            await _mark(db, taken, state="sent", finished=self._clock(), answer=None)
            old = self._clock() - KEEP_SENT
            await db.execute(
                delete(OutgoingMail).where(OutgoingMail.state == "sent", OutgoingMail.finished < old)
            )

    async def failed(self, taken: Taken, answer: str) -> None:
        """It will never go; kept until an official has seen to it."""
        async with self._database.begin() as db:
            await _mark(db, taken, state="failed", finished=self._clock(), answer=answer)

    async def postpone(self, taken: Taken, answer: str) -> None:
        """Later, each time twice as late; given up after five days of tries."""
        now = self._clock()
        if taken.first_try is not None and now - taken.first_try > GIVE_UP:
            await self.failed(taken, answer)
            return
        delay = min(FIRST_DELAY * 2 ** min(taken.tries - 1, 10), LONGEST_DELAY)
        async with self._database.begin() as db:
            await _mark(db, taken, due=now + delay, answer=answer, first_try=taken.first_try or now)

    async def give_back(self, taken: Taken, answer: str) -> None:
        """Not tried, for want of a server: due again at once, and not counted."""
        async with self._database.begin() as db:
            await _mark(db, taken, due=self._clock(), tries=taken.tries - 1, answer=answer)

    async def next_due(self) -> datetime | None:
        """When the next letter is due; None if none waits."""
        async with self._database() as db:
            due: datetime | None = await db.scalar(
                select(OutgoingMail.due)
                .where(OutgoingMail.state == "waiting")
                .order_by(OutgoingMail.due)
                .limit(1)
            )
            return due


def listed(state: str) -> Select[OutgoingMail]:
    """The letters in a state, oldest first, for the official's list."""
    return select(OutgoingMail).where(OutgoingMail.state == state).order_by(OutgoingMail.id)


async def count(db: AsyncSession) -> dict[str, int]:
    """How many letters are in each state."""
    rows = await db.execute(select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state))
    return {state: number for state, number in rows}


async def retry(db: AsyncSession, letter_id: int, moment: datetime) -> bool:
    """Put a failed letter back into the queue; whether there was one. The caller commits."""
    done = await db.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == letter_id, OutgoingMail.state == "failed")
        .values(state="waiting", due=moment, first_try=None, tries=0, finished=None)
        .returning(OutgoingMail.id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar_one_or_none() is not None


async def _mark(db: AsyncSession, taken: Taken, **values: object) -> None:
    """Only while the claim is still ours: after the lease, another process may have it."""
    answer = values.get("answer")
    if isinstance(answer, str):
        values["answer"] = answer[:MAX_ANSWER]
    await db.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == taken.id, OutgoingMail.claim == taken.claim)
        .values(claim=None, **values)
        .execution_options(synchronize_session=False)
    )


def _taken(row: OutgoingMail, claim: str) -> Taken:
    letter = Letter(
        message_id=row.message_id,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        moment=row.created,
    )
    return Taken(
        id=row.id, kind=row.kind, claim=claim, tries=row.tries, first_try=row.first_try, letter=letter
    )
