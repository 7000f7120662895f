"""How many wrong look-ups are let through: by card, from one address, for one company's name.

Who guesses has a card or several, an address or many, and one company or all of them in mind; each of
the three is counted, and stops longer with every further failure. Counted for a name are all who type
it, whether a company has it or not. So that nobody can shut a company out by guessing in its name,
cards that carry the very name in their certificate are counted apart from all others, and no address
stops them; for the rest there is the authority's release (releases.py).
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from .characters import map_windows
from .database import LookupAttempts, LookupRelease
from .numbers import NumberKey

TURN = "look-ups"  # engine.exclusive: one at a time, over all processes
REFERENCE_DIGITS = 12
_FORMS = {"(株)": "株式会社", "(有)": "有限会社", "(合)": "合同会社", "(資)": "合資会社", "(名)": "合名会社"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`free` failures stop nothing but the next; then a stop of `first`, doubled by each further one.

    `memory` after the last failure all are forgotten; longer than `longest`, or waiting would pay.
    """

    free: int
    first: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=24)
    memory: timedelta = timedelta(days=7)

    def stop(self, failures: int) -> timedelta | None:
        """How long the latest of so many failures stops; None for not at all."""
        if failures < self.free:
            return None
        stop = self.first
        for _ in range(failures - self.free):
            stop = min(2 * stop, self.longest)
        return stop


CARD = Limit(free=5, memory=timedelta(days=30))
# Behind one address may be a scrivener who registers for many companies, or a whole provider's customers.
ADDRESS = Limit(free=20, longest=timedelta(hours=4), memory=timedelta(days=1))
FOREIGN_NAME = Limit(free=10)
OWN_NAME = Limit(free=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One look-up. `card` is issuer and serial, `organization` the company in its certificate."""

    municipality: str
    number: str
    name: str
    card: str
    organization: str
    address: str
    actor: str

    @property
    def own(self) -> bool:
        """Whether the certification authority vouches that the card is of a company of this name."""
        return same_company(self.organization, self.name)


def same_company(one: str, other: str) -> bool:
    """Whether two names are one but for width, spaces and the short form of 株式会社 and the like."""
    return bool(one.strip()) and _plain(one) == _plain(other)


def _plain(name: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    for short, long in _FORMS.items():
        text = text.replace(short, long)
    return text


class Subjects:
    """Under which keyed HMACs one attempt is counted, and with which limits."""

    def __init__(self, key: NumberKey, attempt: Attempt) -> None:
        kind = "own name" if attempt.own else "foreign name"
        name = f"{attempt.municipality}\0{map_windows(attempt.name)}"
        self.card = key.subject("card", attempt.card)
        self.address = key.subject("address", attempt.address)
        self.name = key.subject(kind, name)
        self.release = release_subject(key, attempt.municipality, attempt.name, self.card)
        self.limits = {
            self.card: CARD,
            self.address: ADDRESS,
            self.name: OWN_NAME if attempt.own else FOREIGN_NAME,
        }
        self.stopping = (self.card, self.name) if attempt.own else tuple(self.limits)


def release_subject(key: NumberKey, municipality: str, name: str, card_subject: str) -> str:
    """The primary key of a release."""
    return key.subject("release", f"{municipality}\0{map_windows(name)}\0{card_subject}")


def reference_of(card_subject: str) -> str:
    """お問い合わせ番号: what a card's holder says on the telephone; no secret."""
    return str(int(card_subject, 16) % 10**REFERENCE_DIGITS).zfill(REFERENCE_DIGITS)


@dataclass(frozen=True, slots=True)
class Standing:
    """What has been counted for the subjects of one attempt, and the authority's release if there is one."""

    subjects: Subjects
    rows: Mapping[str, LookupAttempts]
    release: LookupRelease | None
    now: datetime

    @property
    def stopped_until(self) -> datetime | None:
        """None lets the attempt through."""
        if self.release is not None:
            return None
        ends = [self.rows[each].locked_until for each in self.subjects.stopping if each in self.rows]
        return max((end for end in ends if end is not None and end > self.now), default=None)


async def standing(db: AsyncSession, subjects: Subjects, now: datetime) -> Standing:
    """Read; the same two statements whatever there is."""
    found = await db.scalars(
        select(LookupAttempts)
        .where(LookupAttempts.subject.in_(sorted(subjects.limits)))
        .execution_options(populate_existing=True)
    )
    release = await db.scalar(
        select(LookupRelease)
        .where(
            LookupRelease.subject == subjects.release, LookupRelease.expires > now, LookupRelease.tries > 0
        )
        .execution_options(populate_existing=True)
    )
    return Standing(subjects, {row.subject: row for row in found}, release, now)


def count_failure(db: AsyncSession, at: Standing) -> bool:
    """Count one failure everywhere, or on the release only; whether something is stopped now.

    The caller is in the turn `TURN`, and commits.
    """
    if at.release is not None:
        at.release.tries -= 1
        return False
    stops = [_count(_row(db, at, subject), limit, at.now) for subject, limit in at.subjects.limits.items()]
    return any(stops)


def ensure_reference(db: AsyncSession, at: Standing) -> str:
    """The reference of the card, kept so that the authority can find it."""
    row = _row(db, at, at.subjects.card)
    row.reference = reference_of(row.subject)
    return row.reference


def _row(db: AsyncSession, at: Standing, subject: str) -> LookupAttempts:
    row = at.rows.get(subject)
    if row is None:
        row = LookupAttempts(subject=subject, failures=0, last_failure=at.now)
        row.forgotten = at.now + at.subjects.limits[subject].memory
        db.add(row)
    return row


def _count(row: LookupAttempts, limit: Limit, now: datetime) -> bool:
    if row.forgotten <= now:
        row.failures, row.locked_until = 0, None
    row.failures += 1
    row.last_failure, row.forgotten = now, now + limit.memory
    stop = limit.stop(row.failures)
    if stop is not None:
        row.locked_until = now + stop
    return stop is not None


async def forget(db: AsyncSession, now: datetime) -> None:
    """Delete what counts no more; the caller is in the turn `TURN`, and commits."""
    await db.execute(delete(LookupAttempts).where(LookupAttempts.forgotten <= now))
    await db.execute(delete(LookupRelease).where(LookupRelease.expires <= now))
