"""Writes notices into the outbox, within the transaction of what they tell of."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from ..database import Company, OutgoingMail, Registration
from ..language import time_of_day
from ..municipalities import municipalities
from .texts import WORDINGS, Kind, body_of, subject_of

Fact = tuple[str, str]  # label and value, a line of the mail
WAKE = "wake_delivery"  # key of Session.info: called after the commit, if the process delivers mail


async def notify(
    db: AsyncSession, kind: Kind, registration: Registration, *, moment: datetime, facts: Sequence[Fact] = ()
) -> int:
    """Tell the address of one registration that the kind asks for; how many letters.

    Adds to the caller's transaction and commits nothing. What happens to cards need not be told with
    this: announcing.py does it for every event of the history.
    """

    def told(session: Session) -> int:
        company = session.get_one(Company, registration.company_id)
        return write(session, kind, company, [registration.form], facts=facts, moment=moment)

    return await db.run_sync(told)


async def notify_company(
    db: AsyncSession, kind: Kind, company: Company, *, moment: datetime, facts: Sequence[Fact] = ()
) -> int:
    """As `notify`, every such address of all the company's registrations, each once."""
    return await db.run_sync(
        lambda session: write(
            session, kind, company, forms_of(session, company.id), facts=facts, moment=moment
        )
    )


def forms_of(session: Session, company_id: int) -> list[Mapping[str, str]]:
    """What the company's registrations say now, the oldest first."""
    found = select(Registration.form).where(Registration.company_id == company_id).order_by(Registration.id)
    return list(session.scalars(found))


def write(
    session: Session,
    kind: Kind,
    company: Company,
    forms: Iterable[Mapping[str, str]],
    *,
    facts: Sequence[Fact],
    moment: datetime,
) -> int:
    """A letter for each address in `forms`, each once; how many. `notify` for sessions without a loop."""
    municipality = municipalities()[company.municipality].name
    addresses = dict.fromkeys(filter(None, (form.get(WORDINGS[kind].field) for form in forms)))
    body = body_of(
        kind,
        company=company.name,
        municipality=municipality,
        facts=[("日時", time_of_day(moment).ja), *facts],
    )
    for address in addresses:
        session.add(
            OutgoingMail(
                message_id=secrets.token_hex(16),
                kind=kind,
                company_id=company.id,
                created=moment,
                due=moment,
                recipient=address,
                subject=subject_of(kind, municipality),
                body=body,
            )
        )
    if addresses and WAKE in session.info:
        event.listen(session, "after_commit", _wake, once=True)
    return len(addresses)


def _wake(session: Session) -> None:
    session.info[WAKE]()
