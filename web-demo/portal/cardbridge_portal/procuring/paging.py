"""Pages of a long list: each begins after the last row of the one before, so that rows coming or going in
between shift nothing (keyset paging)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..characters import map_windows

PAGE_ROWS = 50
MAX_SEARCH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list: its rows, how many the whole list has, and the id that the next page is after."""

    rows: Sequence[Any]
    total: int
    next_after: int | None
    first: bool


async def listing(
    db: AsyncSession,
    wanted: Select[Any],
    details: Select[Any],
    *,
    order: Sequence[Any],
    later: ColumnElement[bool] | None,
) -> Listing:
    """One page of the rows whose ids `wanted` finds, each with the columns of `details` (the id first).

    `later` leaves out what earlier pages had. The ids come first, by indexes alone; then the few rows that
    are shown, with their tables' wide rows.
    """
    ids = wanted if later is None else wanted.where(later)
    found = (await db.scalars(ids.order_by(*order).limit(PAGE_ROWS + 1))).all()
    more = len(found) > PAGE_ROWS
    shown = found[:PAGE_ROWS]
    key = details.selected_columns[0]
    rows = (await db.execute(details.where(key.in_(shown)).order_by(*order))).all() if shown else []
    # A list that ends on its first page is counted already: a search that finds little reads all but once.
    total = len(found) if later is None and not more else await _count(db, wanted)
    return Listing(rows=rows, total=total, next_after=shown[-1] if more else None, first=later is None)


async def _count(db: AsyncSession, wanted: Select[Any]) -> int:
    return (await db.scalars(select(func.count()).select_from(wanted.subquery()))).one()


def sought(text: str) -> str:
    """What an official looks for, as it is stored; PostgreSQL has no NUL."""
    return map_windows(text[:MAX_SEARCH].replace("\0", "")).strip()


def pattern(text: str) -> str:
    r"""A LIKE pattern that finds `text` anywhere; the escape character is `\`."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def after_of(text: str) -> int | None:
    """The id after which a page begins, as its address has it; None for anything else.

    Nine digits, as in the addresses of the pages: PostgreSQL's integer ends soon after.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
