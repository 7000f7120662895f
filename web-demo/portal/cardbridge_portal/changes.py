"""What a signed application changes: registered, changed, renewed, each with its event in one transaction.

Everything here runs in the company's turn (cards.company_turn), and the caller commits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import (
    CardAlreadyRegistered,
    CardNotRegistered,
    CompanySuspended,
    active_card,
    is_taken,
    new_card,
)
from .database import Card, Company, Event, Registration, SigningTransaction
from .document import changed_fields
from .history import card_actor, new_receipt
from .holder import thumbprint
from .renewal import check_pair


class RegistrationChanged(Exception):
    """Somebody else has changed the registration since; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An application whose signature holds.

    `authentication` and `signer` are the certificates of the card that signed; `old` and `old_proof` those
    of the card which it replaces.
    """

    pending: SigningTransaction
    signature: bytes
    authentication: x509.Certificate
    signer: x509.Certificate
    old: x509.Certificate | None = None
    old_proof: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    registration: Registration
    card: Card
    detail: dict[str, Any]


async def apply(db: AsyncSession, signed: Signed, moment: datetime) -> Event:
    """Write what the application asks for, and its event.

    Raises:
        CardRefused, RegistrationChanged: the caller rolls back.
    """
    pending = signed.pending
    company = await db.get_one(Company, pending.company_id, populate_existing=True)
    if company.state != "active":
        raise CompanySuspended(company.id)
    write = {"registered": _register, "changed": _change, "renewed": _renew}[pending.kind]
    written = await write(db, signed, company, moment)
    registration, card = written.registration, written.card
    event = Event(
        moment=moment,
        municipality=company.municipality,
        kind=pending.kind,
        actor=card_actor(signed.authentication),
        company_id=company.id,
        registration_id=registration.id,
        card_id=card.id,
        transaction_id=pending.id,
        receipt=new_receipt(moment),
        form=registration.form,
        document=pending.document,
        signature=signed.signature,
        detail=written.detail,
    )
    db.add(event)
    await db.flush()
    return event


async def _register(db: AsyncSession, signed: Signed, company: Company, moment: datetime) -> _Written:
    if await is_taken(db, signed.authentication, company.municipality):
        raise CardAlreadyRegistered
    registration = Registration(company_id=company.id, registered=moment, form=signed.pending.form)
    db.add(registration)
    await db.flush()
    card = new_card(company, registration, signed.authentication, signed.signer, moment)
    db.add(card)
    await db.flush()
    return _Written(registration=registration, card=card, detail={})


async def _change(db: AsyncSession, signed: Signed, company: Company, _moment: datetime) -> _Written:
    card, registration = await _own_card(db, signed.authentication, company)
    if registration.version != signed.pending.version:
        raise RegistrationChanged
    previous = registration.form
    registration.form = signed.pending.form
    registration.version += 1
    detail = {"changed": changed_fields(previous, registration.form)}
    return _Written(registration=registration, card=card, detail=detail)


async def _renew(db: AsyncSession, signed: Signed, company: Company, moment: datetime) -> _Written:
    old, new = signed.old, signed.authentication
    if old is None:
        raise ValueError("a renewal without its old card")
    retired, registration = await _own_card(db, old, company)
    check_pair(old, new, moment, company.id)
    if await is_taken(db, new, company.municipality):
        raise CardAlreadyRegistered(company.id)
    registration.version += 1
    retired.state, retired.ended = "renewed", moment
    await db.flush()  # at most one card of a registration is active
    card = new_card(company, registration, new, signed.signer, moment)
    db.add(card)
    await db.flush()
    replaced = {"serial": retired.serial, "thumbprint": thumbprint(old), "proof": signed.old_proof}
    detail = {"oldCardId": retired.id, "oldCard": replaced}
    return _Written(registration=registration, card=card, detail=detail)


async def _own_card(
    db: AsyncSession, certificate: x509.Certificate, company: Company
) -> tuple[Card, Registration]:
    """The active card, which must be of the company whose turn it is."""
    card, registration, owner = await active_card(db, certificate, company.municipality)
    if owner.id != company.id:
        raise CardNotRegistered(owner.id)
    return card, registration
