"""解除: the way back for a company that is stopped, by the authority, for one card.

The clerk reads out the お問い合わせ番号 that S4 shows; the official calls the company back at the
telephone number on record, and lets this one card look for this one company's name again: five tries
within a day, whatever is locked. It gives nobody else a try, and no number is told.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Company, Event, LookupAttempts, LookupRelease
from .engine import exclusive
from .limits import REFERENCE_DIGITS, TURN, release_subject
from .numbers import NumberKey

TRIES = 5
VALID = timedelta(days=1)


class ReferenceUnknown(Exception):
    """No card is stopped under this reference (any more)."""


async def release(
    db: AsyncSession, key: NumberKey, company: Company, reference: str, *, actor: str, moment: datetime
) -> datetime:
    """Let the card of `reference` look for `company` again; until when.

    Raises:
        ReferenceUnknown
    """
    digits = "".join(character for character in reference if character.isascii() and character.isdigit())
    await exclusive(db, TURN)
    cards = (await db.scalars(select(LookupAttempts.subject).where(LookupAttempts.reference == digits))).all()
    if len(digits) != REFERENCE_DIGITS or len(cards) != 1:
        await db.rollback()
        raise ReferenceUnknown
    subject = release_subject(key, company.municipality, company.name, cards[0])
    expires = moment + VALID
    await db.merge(LookupRelease(subject=subject, company_id=company.id, tries=TRIES, expires=expires))
    db.add(
        Event(
            moment=moment,
            municipality=company.municipality,
            kind="lookupReleased",
            actor=actor,
            company_id=company.id,
            detail={"reference": digits},
        )
    )
    await db.commit()
    return expires


def spoken(reference: str) -> str:
    """As it is shown: three groups of four."""
    return "-".join(reference[at : at + 4] for at in range(0, len(reference), 4))
