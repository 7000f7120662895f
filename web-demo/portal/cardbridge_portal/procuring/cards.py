"""The cards of one municipality's companies: list and search. What becomes of a card is ../cards.py's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Card, Company, Registration
from ..municipalities import Municipality
from ..text import Text
from .paging import Listing, listing, pattern, sought
from .qualification import hiragana

STATES = ("active", "expired", "renewed", "revoked")
REASONS = {
    "lost": Text("紛失", "Lost"),
    "stolen": Text("盗難", "Stolen"),
    "broken": Text("破損・故障", "Broken"),
    "retired": Text("取得者の退職・異動", "The holder has left"),
    "other": Text("その他", "Other"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSearch:
    """What a list is narrowed to: part of holder, company or issuer, the beginning of the serial number
    (hex), or one of `STATES`; `company_id` for one company's cards."""

    text: str = ""
    state: str = ""
    company_id: int | None = None


def _with_company(cards: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return cards.join(Registration, Card.registration_id == Registration.id).join(
        Company, Registration.company_id == Company.id
    )


def _wanted(municipality: Municipality, search: CardSearch, now: datetime) -> Select[Any]:
    wanted: Select[*tuple[Any, ...]] = select(Card.id).where(Card.municipality == municipality.code)
    text = sought(search.text)
    if search.company_id is not None or text:
        wanted = _with_company(wanted)
    if search.company_id is not None:
        wanted = wanted.where(Company.id == search.company_id)
    if text:
        found = [
            column.ilike(pattern(text), escape="\\") for column in (Card.holder, Card.issuer, Company.name)
        ]
        found.append(Company.reading.like(pattern(hiragana(text)), escape="\\"))
        serial = "".join(text.replace(":", "").split()).upper()
        if serial and all(character in "0123456789ABCDEF" for character in serial):
            found.append(Card.serial.like(f"{serial}%"))
        wanted = wanted.where(or_(*found))
    if search.state == "active":
        return wanted.where(Card.state == "active", Card.not_after >= now)
    if search.state == "expired":
        return wanted.where(Card.state == "active", Card.not_after < now)
    if search.state in {"renewed", "revoked"}:
        return wanted.where(Card.state == search.state)
    return wanted


async def list_cards(
    db: AsyncSession,
    municipality: Municipality,
    search: CardSearch,
    *,
    now: datetime,
    after: int | None = None,
) -> Listing:
    """Cards, the newest registration first, after the card with the id `after`."""
    wanted = _wanted(municipality, search, now)
    details = select(
        Card.id, Card.holder, Card.issuer, Card.serial, Card.state, Card.reason, Card.not_after,
        Card.registered, Card.ended, Company.id.label("company_id"), Company.name.label("company"),
    )  # fmt: skip
    later = None if after is None else Card.id < after
    return await listing(db, wanted, _with_company(details), order=(Card.id.desc(),), later=later)


async def card_in(db: AsyncSession, municipality: Municipality, card_id: int) -> tuple[Card, Company] | None:
    """A card and its company, if that is one of the municipality."""
    wanted = _with_company(select(Card, Company)).where(
        Card.id == card_id, Card.municipality == municipality.code
    )
    row = (await db.execute(wanted)).first()
    return None if row is None else (row[0], row[1])
