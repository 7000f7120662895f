"""S4: registration number and name against 資格審査情報, with limits (limits.py).

A wrong number and a wrong name are one answer, and one course of work: the number's HMAC is looked up
by its index, the name by its own, both always; what is written afterwards is the same rows with other
values. Whom the attempt concerned is told later, by another task (refusals.py).
"""

import hmac
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .characters import map_windows
from .database import Company, PortalSession
from .engine import exclusive
from .limits import TURN, Attempt, Standing, Subjects, count_failure, ensure_reference, standing
from .numbers import NumberKey
from .refusals import note

_NOBODY: tuple[int | None, str | None, str] = (None, "0" * 64, "")


class LockedOut(Exception):
    """Too many failures; nothing was compared. `reference` is what to tell the authority."""

    def __init__(self, until: datetime, reference: str) -> None:
        super().__init__("locked out")
        self.until = until
        self.reference = reference


class NotFound(Exception):
    """Number or name is wrong; never says which."""


class SessionMoved(Exception):
    """Another tab has begun something else in this session meanwhile, or the session has ended."""


class QualificationRecords:
    """Look-ups, one at a time over all processes: no attempt goes uncounted."""

    def __init__(self, clock: Callable[[], datetime], key: NumberKey) -> None:
        self._clock = clock
        self._key = key

    async def find(self, db: AsyncSession, attempt: Attempt, session: PortalSession) -> Company:
        """The company with exactly this number and name; `session` goes on with it, if it is active.

        A success clears nothing: with a card of one's own, another company's number could otherwise
        be guessed for ever.

        Raises:
            LockedOut, NotFound, SessionMoved
        """
        subjects = Subjects(self._key, attempt)
        await self._refuse_early(db, subjects)
        await exclusive(db, TURN)
        at = await standing(db, subjects, self._clock())
        if at.stopped_until is not None:
            reference = ensure_reference(db, at)
            await db.commit()
            raise LockedOut(at.stopped_until, reference)
        wanted = await self._key.mac(db, attempt.municipality, attempt.number)
        found = await self._match(db, attempt, at, wanted)
        company = None if found is None else await _go_on(db, session, found, wanted)
        if company is not None and at.release is not None:
            await db.delete(at.release)
        await db.commit()
        if company is None:
            raise NotFound
        return company

    async def _refuse_early(self, db: AsyncSession, subjects: Subjects) -> None:
        """Who is stopped and knows it takes no turn: a flood of such requests holds nobody up."""
        at = await standing(db, subjects, self._clock())
        card = at.rows.get(subjects.card)
        if at.stopped_until is not None and card is not None and card.reference is not None:
            raise LockedOut(at.stopped_until, card.reference)

    async def _match(self, db: AsyncSession, attempt: Attempt, at: Standing, wanted: str) -> int | None:
        """The company's id; or None, the failure counted and noted."""
        # U+FF0D and U+2212 are one character of X 0208: Windows types the one, others the other.
        wanted_name = map_windows(attempt.name)
        here = select(Company.id, Company.number_mac, Company.name).where(
            Company.municipality == attempt.municipality
        )
        by_number = (await db.execute(here.where(Company.number_mac == wanted))).first()
        by_name = (
            await db.execute(here.where(Company.name == wanted_name).order_by(Company.id).limit(1))
        ).first()
        number_id, stored_mac, stored_name = by_number or _NOBODY
        same_number = hmac.compare_digest(stored_mac or "", wanted)
        same_name = hmac.compare_digest(map_windows(stored_name).encode(), wanted_name.encode())
        if same_number & same_name:
            return number_id
        locked = count_failure(db, at)
        name_id, _, _ = by_name or _NOBODY
        await note(db, {"number": number_id, "name": name_id}, attempt.actor, at.now, locked)
        return None


async def _go_on(db: AsyncSession, session: PortalSession, company_id: int, wanted: str) -> Company | None:
    """Let the session have the company, in the look-up's own transaction; None if its number is void by now.

    Who re-issues the number or suspends the company ends its sessions: this one is either among them or
    sees what they did.
    """
    company: Company | None = await db.scalar(
        select(Company)
        .where(Company.id == company_id, Company.number_mac == wanted)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if company is None or company.state != "active":
        return company
    kept = await db.execute(
        update(PortalSession)
        .where(
            PortalSession.id == session.id,
            PortalSession.procedure == "register",
            PortalSession.certificate == session.certificate,
        )
        .values(company_id=company.id, form=None, transaction_id=None)
        .returning(PortalSession.id)
        .execution_options(synchronize_session=False)
    )
    if kept.first() is None:
        await db.rollback()
        raise SessionMoved
    await db.refresh(session)
    return company
