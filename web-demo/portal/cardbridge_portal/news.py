"""Which notices follow what happened to a company's cards; written in the same transaction."""

from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import CardRefused, CardRenewed, CardRevoked
from .changes import Applied
from .database import Card, Company, OutgoingMail
from .document import field_labels
from .engine import exclusive
from .holder import Holder, holder_of
from .mail.notices import Fact, Notices
from .mail.texts import Kind
from .renewal import AuthorityDiffers, CompanyDiffers
from .verification import load_certificate

# A slip of the hand (the same card again, a card that is not registered) is no news; these are.
TOLD = (CardRevoked, CardRenewed, CompanyDiffers, AuthorityDiffers)
QUIET = timedelta(hours=1)
"""Whoever tries again and again does not fill the company's mailbox."""


async def tell(db: AsyncSession, notices: Notices, applied: Applied) -> None:
    """A card was added or renewed (all main contacts of the company hear of it), a registration changed."""
    event = applied.event
    facts = [("受付番号", event.receipt or ""), *_card_facts(_holder(applied.card))]
    if event.kind == "changed":
        labels = field_labels()
        names = "、".join(labels[name] for name in event.detail["changed"])
        await notices.notify(
            db,
            Kind.REGISTRATION_CHANGED,
            applied.registration,
            facts=[*facts, ("変更された項目", names)],
            previous=applied.previous,
        )
        return
    kind = Kind.CARD_ADDED if event.kind == "registered" else Kind.CARD_RENEWED
    await notices.notify_company(db, kind, applied.company, facts=facts)


async def tell_refused(
    db: AsyncSession, notices: Notices, refusal: CardRefused, certificate: x509.Certificate, moment: datetime
) -> None:
    """A card was refused that has to do with a company: told once an hour. Commits."""
    if refusal.company_id is None or not isinstance(refusal, TOLD):
        return
    await exclusive(db, f"refused {refusal.company_id}")
    company = await db.get_one(Company, refusal.company_id)
    recent = select(OutgoingMail.id).where(
        OutgoingMail.company_id == company.id,
        OutgoingMail.kind == Kind.CARD_REFUSED,
        OutgoingMail.created > moment - QUIET,
    )
    if (await db.scalars(recent.limit(1))).first() is None:
        facts = [("理由", refusal.message.ja), *_card_facts(holder_of(certificate))]
        await notices.notify_company(db, Kind.CARD_REFUSED, company, facts=facts)
    await db.commit()


def _holder(card: Card) -> Holder:
    return holder_of(load_certificate(card.authentication))


def _card_facts(holder: Holder) -> list[Fact]:
    return [
        ("ICカード取得者", holder.name),
        ("ICカード取得者の所属", holder.company),
        ("認証局", holder.issuer),
        ("シリアル番号", holder.serial),
    ]
