"""Writes notices into the outbox, within the transaction of what they tell of."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from ..database import Company, OutgoingMail, Registration
from ..language import time_of_day
from ..municipalities import municipalities
from .texts import TEXTS, Kind, body_of, subject_of

Fact = tuple[str, str]  # label and value, a line of the mail


class Notices:
    """Who is told what. `origin` names the domain of the Message-IDs, `wake` starts the delivery."""

    def __init__(
        self, origin: str, clock: Callable[[], datetime], wake: Callable[[], None] = lambda: None
    ) -> None:
        self._domain = urlsplit(origin).hostname or "localhost"
        self._clock = clock
        self._wake = wake

    async def notify(
        self,
        db: AsyncSession,
        kind: Kind,
        registration: Registration,
        *,
        facts: Sequence[Fact] = (),
        previous: Mapping[str, str] | None = None,
    ) -> int:
        """Tell the address of this registration that the kind asks for; how many letters.

        `previous` is the form before a change: its address is told as well, lest the news of a changed
        address goes to the new one only. Adds to the caller's transaction and commits nothing.
        """
        company = await db.get_one(Company, registration.company_id)
        forms = [registration.form, *([previous] if previous is not None else [])]
        return self._write(db, kind, company, forms, facts)

    async def notify_company(
        self, db: AsyncSession, kind: Kind, company: Company, *, facts: Sequence[Fact] = ()
    ) -> int:
        """Tell every address of the company's registrations, each once; 0 if it has none yet."""
        found = await db.scalars(
            select(Registration).where(Registration.company_id == company.id).order_by(Registration.id)
        )
        return self._write(db, kind, company, [each.form for each in found], facts)

    def _write(
        self,
        db: AsyncSession,
        kind: Kind,
        company: Company,
        forms: Iterable[Mapping[str, str]],
        facts: Sequence[Fact],
    ) -> int:
        moment = self._clock()
        municipality = municipalities()[company.municipality].name
        addresses = dict.fromkeys(filter(None, (form.get(TEXTS[kind].field) for form in forms)))
        body = body_of(
            kind,
            company=company.name,
            municipality=municipality,
            facts=[("日時", time_of_day(moment).ja), *facts],
        )
        for address in addresses:
            db.add(
                OutgoingMail(
                    message_id=f"<{secrets.token_hex(16)}@{self._domain}>",
                    kind=kind,
                    company_id=company.id,
                    created=moment,
                    due=moment,
                    recipient=address,
                    subject=subject_of(kind, municipality),
                    body=body,
                )
            )
        if addresses:
            event.listen(db.sync_session, "after_commit", self._committed, once=True)
        return len(addresses)

    def _committed(self, _session: Session) -> None:
        self._wake()
