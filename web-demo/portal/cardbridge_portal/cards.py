"""Registered cards: found by their certificate, what they may do now, their end by the authority."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Card, Company, Event, Registration
from .engine import exclusive
from .holder import holder_of, issuer_sha256, serial_of
from .procuring.tables import Official
from .text import Text


class CardRefused(Exception):
    """A card that may not do this; `reason` and `message` are for the page.

    `company_id` is the company that the card belongs to, where one is known: it is told of the refusal.
    """

    reason = "other"
    message = Text("ICカードの確認に失敗しました。", "The IC card could not be checked.")

    def __init__(self, company_id: int | None = None) -> None:
        super().__init__(self.reason)
        self.company_id = company_id


class CardNotRegistered(CardRefused):
    """No registration holds this card."""

    reason = "cardNotRegistered"
    message = Text("このICカードは、利用者登録されていません。", "This IC card is not registered.")


class CardAlreadyRegistered(CardRefused):
    """A registration holds this card, or held it."""

    reason = "cardAlreadyRegistered"
    message = Text("このICカードはすでに登録されています。", "This IC card is registered already.")


class CardOfOtherMunicipality(CardRefused):
    """It is registered, but with another municipality."""

    reason = "cardOfOtherMunicipality"
    message = Text(
        "このICカードは、別の自治体に登録されています。",
        "This IC card is registered with another municipality.",
    )


class CardRevoked(CardRefused):
    """The procuring entity has put an end to it (lost, broken, stolen)."""

    reason = "cardRevoked"
    message = Text(
        "このICカードは、発注機関が使用を停止しました。", "The procuring entity has revoked this IC card."
    )


class CardRenewed(CardRefused):
    """ICカード更新 has put another card in its place."""

    reason = "cardRenewed"
    message = Text(
        "このICカードは、ICカード更新により新しいICカードに切り替わっています。",
        "Another IC card has taken the place of this one (card renewal).",
    )


class CompanySuspended(CardRefused):
    """The procuring entity has suspended the company."""

    reason = "companySuspended"
    message = Text(
        "この会社の利用は、発注機関により停止されています。",
        "The procuring entity has suspended this company.",
    )


_ENDED: dict[str, type[CardRefused]] = {"revoked": CardRevoked, "renewed": CardRenewed}


async def card_of(db: AsyncSession, certificate: x509.Certificate, municipality: str) -> Card | None:
    """The card of this authentication certificate as one municipality has it, in whatever state."""
    found: Card | None = await db.scalar(
        _cards_of(certificate)
        .where(Card.municipality == municipality)
        .execution_options(populate_existing=True)
    )
    return found


async def is_known(db: AsyncSession, certificate: x509.Certificate) -> bool:
    """Whether any municipality has or had the card of this authentication certificate."""
    return await db.scalar(_cards_of(certificate).limit(1)) is not None


async def is_taken(db: AsyncSession, certificate: x509.Certificate, municipality: str) -> bool:
    """Whether the card cannot be registered there: it is or was a company's, or an official's anywhere."""
    if await card_of(db, certificate, municipality) is not None:
        return True
    official = select(Official.id).where(
        Official.issuer_sha256 == issuer_sha256(certificate), Official.serial == serial_of(certificate)
    )
    return await db.scalar(official) is not None


def _cards_of(certificate: x509.Certificate) -> Select[Card]:
    return select(Card).where(
        Card.issuer_sha256 == issuer_sha256(certificate), Card.serial == serial_of(certificate)
    )


async def active_card(
    db: AsyncSession, certificate: x509.Certificate, municipality: str
) -> tuple[Card, Registration, Company]:
    """The card with its registration and company, if it may act in this municipality now.

    Expiry and revocation by the certification authority are the token's matter (verification).

    Raises:
        CardRefused
    """
    card = await card_of(db, certificate, municipality)
    if card is None:
        raise CardOfOtherMunicipality if await is_known(db, certificate) else CardNotRegistered
    registration = await db.get_one(Registration, card.registration_id, populate_existing=True)
    company = await db.get_one(Company, registration.company_id, populate_existing=True)
    if card.state in _ENDED:
        raise _ENDED[card.state](company.id)
    if company.state != "active":
        raise CompanySuspended(company.id)
    return card, registration, company


def new_card(
    company: Company,
    registration: Registration,
    authentication: x509.Certificate,
    signer: x509.Certificate,
    moment: datetime,
) -> Card:
    """A row for a card that was verified just now."""
    holder = holder_of(authentication)
    return Card(
        municipality=company.municipality,
        registration_id=registration.id,
        issuer_sha256=issuer_sha256(authentication),
        serial=holder.serial,
        holder=holder.name,
        issuer=holder.issuer,
        not_after=authentication.not_valid_after_utc,
        authentication=authentication.public_bytes(Encoding.DER),
        signature=signer.public_bytes(Encoding.DER),
        registered=moment,
    )


async def company_turn(db: AsyncSession, company_id: int) -> None:
    """Begin a transaction in which nobody else changes this company, its registrations or its cards."""
    await exclusive(db, f"company {company_id}")


async def revoke_card(
    db: AsyncSession, card: Card, *, reason: str, remark: str = "", actor: str, moment: datetime
) -> Event:
    """End an active card for ever (lost, broken, stolen); its company registers another one by 登録.

    Commits what the session held, takes the company's turn, and leaves the commit to the caller, who
    may add a notice to the same transaction. `reason` is kept with the card and in the history,
    `remark` in the history only.

    Raises:
        CardRefused: the card has ended already; the caller rolls back.
    """
    registration = await db.get_one(Registration, card.registration_id)
    await company_turn(db, registration.company_id)
    await db.refresh(card)
    if card.state in _ENDED:
        raise _ENDED[card.state]
    company = await db.get_one(Company, registration.company_id)
    card.state, card.reason, card.ended = "revoked", reason[:120], moment
    event = Event(
        moment=moment,
        municipality=company.municipality,
        kind="revoked",
        actor=actor,
        company_id=company.id,
        registration_id=registration.id,
        card_id=card.id,
        detail={"reason": reason[:120], "remark": remark, "serial": card.serial},
    )
    db.add(event)
    await db.flush()
    return event
