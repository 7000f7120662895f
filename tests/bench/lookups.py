"""Whether the time of a wrong look-up tells what of it was wrong: 10,000 companies, SQLite."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cardbridge_portal.database import Company, LookupAttempts, PortalSession, Refusal
from cardbridge_portal.engine import open_database
from cardbridge_portal.limits import Attempt
from cardbridge_portal.lookup import NotFound, QualificationRecords
from cardbridge_portal.numbers import NumberKey
from tests.bench.figures import Figures
from tests.bench.place import Place

COMPANIES, TIMES, CODE = 10_000, 300, "462012"
CASES = {
    "number and name unknown": ("99999999", "架空建設"),
    "number unknown, name known": ("99999999", "見本建設5000"),
    "number known, name unknown": ("00005000", "架空建設"),
    "number known, name another's": ("00005000", "見本建設7000"),
}


async def lookups(place: Place) -> list[Figures]:
    """Milliseconds of a wrong look-up, the cases in random order, each counted for the first time."""
    folder = place.new_folder("lookups")
    engine = await open_database(f"sqlite+aiosqlite:///{folder / 'portal.sqlite3'}")
    database = async_sessionmaker(engine, expire_on_commit=False)
    key = NumberKey.open(folder / "key")
    records = QualificationRecords(lambda: datetime.now(UTC), key)
    samples: dict[str, list[float]] = {case: [] for case in CASES}
    async with database() as db:
        await _fill(db, key)
        order = [case for case in CASES for _ in range(TIMES)]
        random.shuffle(order)
        for case in order:
            samples[case].append(await _wrong(db, records, *CASES[case]))
    await engine.dispose()
    figures: list[Figures] = []
    for case, took in samples.items():
        first = figures[0] if figures else None
        what = f"a wrong look-up among {COMPANIES:,} companies: {case}"
        figures.append(Figures(what=what, unit="ms", samples=tuple(took), reference=first))
    return figures


async def _fill(db: AsyncSession, key: NumberKey) -> None:
    rows = [
        {
            "municipality": CODE,
            "number_mac": key.mac_of(1, CODE, f"{number:08d}"),
            "state": "active",
            "name": f"見本建設{number}",
            "representative": "見本",
            "address": "見本町",
        }
        for number in range(COMPANIES)
    ]
    await db.execute(insert(Company), rows)
    await db.commit()


async def _wrong(db: AsyncSession, records: QualificationRecords, number: str, name: str) -> float:
    attempt = Attempt(
        municipality=CODE, number=number, name=name, card="1", organization="", address="", actor="card:1"
    )
    before = time.perf_counter()
    try:
        await records.find(db, attempt, PortalSession())
    except NotFound:
        took = (time.perf_counter() - before) * 1000
    await db.execute(delete(LookupAttempts))
    await db.execute(delete(Refusal))
    await db.commit()
    return took
