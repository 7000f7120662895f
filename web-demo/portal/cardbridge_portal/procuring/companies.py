"""The companies of one municipality: list, search, suspend and resume."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Card, Company, Event, Registration
from ..municipalities import Municipality
from ..sessions import end_of_company
from .paging import Listing, listing, pattern, sought
from .qualification import hiragana

STATES = ("active", "suspended", "noNumber", "noCard")


class Unchanged(Exception):
    """Somebody has done it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySearch:
    """What a list is narrowed to: part of name or reading, one of `STATES` or ''."""

    text: str = ""
    state: str = ""


def _active_cards() -> Any:
    """How many of a company's cards are in use."""
    return _in_use(func.count(Card.id)).correlate(Company).scalar_subquery()


def _in_use(what: Any) -> Select[Any]:
    cards = select(what).join(Registration, Card.registration_id == Registration.id)
    return cards.where(Registration.company_id == Company.id, Card.state == "active")


def _wanted(municipality: Municipality, search: CompanySearch) -> Select[Any]:
    wanted = select(Company.id).where(Company.municipality == municipality.code)
    text = sought(search.text)
    if text:
        name = Company.name.ilike(pattern(text), escape="\\")
        wanted = wanted.where(or_(name, Company.reading.like(pattern(hiragana(text)), escape="\\")))
    if search.state in {"active", "suspended"}:
        return wanted.where(Company.state == search.state)
    if search.state == "noNumber":
        return wanted.where(Company.number_mac.is_(None))
    if search.state == "noCard":
        return wanted.where(~_in_use(Card.id).correlate(Company).exists())
    return wanted


async def list_companies(
    db: AsyncSession, municipality: Municipality, search: CompanySearch, after: int | None = None
) -> Listing:
    """Companies in the order of their readings, after the company with the id `after`."""
    wanted = _wanted(municipality, search)
    last = await company_of(db, municipality, after) if after is not None else None
    details = select(
        Company.id, Company.name, Company.reading, Company.address, Company.state, Company.number_since,
        Company.number_mac.is_not(None).label("has_number"), _active_cards().label("cards"),
    )  # fmt: skip
    order = (Company.reading, Company.id)
    later = None if last is None else tuple_(*order) > tuple_(last.reading, last.id)
    return await listing(db, wanted, details, order=order, later=later)


async def company_of(db: AsyncSession, municipality: Municipality, company_id: int) -> Company | None:
    """A company, if it is one of the municipality."""
    found: Company | None = await db.scalar(
        select(Company).where(and_(Company.id == company_id, Company.municipality == municipality.code))
    )
    return found


async def main_contact(db: AsyncSession, company_id: int) -> dict[str, str]:
    """The form of the company's newest registration, which names its 代表窓口; empty without one."""
    newest = select(Registration.form).where(Registration.company_id == company_id)
    form: dict[str, str] | None = await db.scalar(newest.order_by(Registration.id.desc()).limit(1))
    return form or {}


async def set_state(
    db: AsyncSession, company_id: int, state: str, *, reason: str, actor: str, moment: datetime
) -> None:
    """Suspend (`suspended`) or resume (`active`); a suspended company's sessions end. Nothing is committed.

    The caller holds `company_turn`.

    Raises:
        Unchanged
    """
    company = await db.get_one(Company, company_id, populate_existing=True)
    if company.state == state:
        raise Unchanged
    company.state = state
    db.add(
        Event(
            moment=moment,
            municipality=company.municipality,
            kind="suspended" if state == "suspended" else "resumed",
            actor=actor,
            company_id=company.id,
            detail={"reason": reason},
        )
    )
    if state == "suspended":
        await end_of_company(db, company.id)
