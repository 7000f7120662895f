"""Issue and re-issue of a 利用者登録番号: random, unique in its municipality, told once."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..check_digits import check_digit
from ..database import Company, Event
from ..municipalities import Municipality
from ..numbers import NumberKey
from ..sessions import end_of_company

TRIES = 50


class NumbersExhausted(RuntimeError):
    """Nearly every number of the municipality's length is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A number just issued. Its only place in clear: it is shown and forgotten."""

    company: str
    address: str
    number: str


def new_number(municipality: Municipality) -> str:
    """A random number of the municipality's form, its check digit included.

    The first digit is never 0: spreadsheets drop it.
    """
    kind = municipality.number_check
    digits = municipality.number_length - (0 if kind == "none" else 1)
    body = secrets.choice("123456789") + "".join(secrets.choice("0123456789") for _ in range(digits - 1))
    return body + check_digit(body, kind)


async def issue(
    db: AsyncSession,
    key: NumberKey,
    municipality: Municipality,
    company_id: int,
    *,
    actor: str,
    moment: datetime,
) -> str:
    """Give the company a number; the one it had is void, and its sessions end. Nothing is committed.

    The caller holds `exclusive(db, KEY_TURN)`.

    Raises:
        NumbersExhausted
    """
    company = await db.get_one(Company, company_id, populate_existing=True)
    again = company.number_mac is not None
    taken = await _taken(db, municipality)
    generation = await key.generation(db)
    number, company.number_mac = _free(key, generation, municipality, taken)
    company.number_since = moment
    known = {"moment": moment, "municipality": municipality.code, "actor": actor}
    db.add(Event(**known, kind="numberIssued", company_id=company_id, detail={"again": again}))
    await end_of_company(db, company_id)
    await db.flush()
    return number


async def issue_missing(
    db: AsyncSession, key: NumberKey, municipality: Municipality, *, actor: str, moment: datetime
) -> list[Issued]:
    """Give a number to every company of the municipality that has none. Nothing is committed.

    The caller holds `exclusive(db, KEY_TURN)`.

    Raises:
        NumbersExhausted
    """
    lacking = select(Company.id, Company.name, Company.address).where(
        Company.municipality == municipality.code, Company.number_mac.is_(None)
    )
    taken = await _taken(db, municipality)
    generation = await key.generation(db)
    known = {"moment": moment, "municipality": municipality.code, "actor": actor}
    issued, changes, events = [], [], []
    for row in (await db.execute(lacking.order_by(Company.reading, Company.id))).all():
        number, mac = _free(key, generation, municipality, taken)
        issued.append(Issued(company=row.name, address=row.address, number=number))
        changes.append({"id": row.id, "number_mac": mac, "number_since": moment})
        events.append({**known, "kind": "numberIssuedInBulk", "company_id": row.id, "detail": {}})
    if changes:
        await db.execute(update(Company), changes)
        await db.execute(insert(Event), events)
        db.add(Event(**known, kind="numbersIssued", detail={"companies": len(changes)}))
    await db.flush()
    return issued


async def missing_count(db: AsyncSession, municipality: Municipality) -> int:
    """How many companies of the municipality have no number."""
    counted = select(func.count(Company.id)).where(
        Company.municipality == municipality.code, Company.number_mac.is_(None)
    )
    return (await db.scalars(counted)).one()


async def holds_number(db: AsyncSession, key: NumberKey, municipality: Municipality, text: str) -> bool:
    """Whether a number of one of the municipality's companies stands in a text, in whatever width."""
    digits = re.sub(r"[\s\-\u2010-\u2015\u2212\u30fc]", "", unicodedata.normalize("NFKC", text))
    length = municipality.number_length
    parts = [run[at : at + length] for run in re.findall(r"[0-9]+", digits) for at in range(len(run))]
    generation = await key.generation(db)
    macs = [key.mac_of(generation, municipality.code, part) for part in parts if len(part) == length]
    held = select(Company.id).where(Company.municipality == municipality.code, Company.number_mac.in_(macs))
    return bool(macs) and await db.scalar(held.limit(1)) is not None


async def _taken(db: AsyncSession, municipality: Municipality) -> set[str]:
    stored = select(Company.number_mac).where(
        Company.municipality == municipality.code, Company.number_mac.is_not(None)
    )
    return {mac for mac in await db.scalars(stored) if mac is not None}


def _free(key: NumberKey, generation: int, municipality: Municipality, taken: set[str]) -> tuple[str, str]:
    for _ in range(TRIES):
        number = new_number(municipality)
        mac = key.mac_of(generation, municipality.code, number)
        if mac not in taken:
            taken.add(mac)
            return number, mac
    raise NumbersExhausted
