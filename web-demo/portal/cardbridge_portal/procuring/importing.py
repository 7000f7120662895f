"""A qualification list into the database: checked first, then all of it or nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Company, Event
from ..engine import exclusive
from ..municipalities import Municipality
from ..numbers import KEY_TURN, NumberKey
from ..text import Text
from .csvfile import read_table
from .qualification import NAME, NUMBER, OPTIONAL, REQUIRED, Entry, Finding, identity, read_entries

KNOWN = Text(
    "すでに登録されている会社です（商号又は名称と所在地が同じ）。",
    "This company is registered already (name and address).",
)
USED = Text("すでに使われている番号です。", "This number is in use already.")


class ListOutdated(Exception):
    """Since the check the database or the key of the numbers has changed: check again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A list after its check.

    `rows` are values of Company's columns, a number as its HMAC of `generation`; empty where there are
    `findings`. `total` counts the rows of the file, `refused` those with findings.
    """

    sha256: str
    encoding: str
    ignored: tuple[str, ...]
    generation: int
    total: int
    rows: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> int:
        return len({finding.row for finding in self.findings})


async def check_list(db: AsyncSession, key: NumberKey, municipality: Municipality, content: bytes) -> Checked:
    """Read a CSV file and compare it with the database; changes nothing.

    Raises:
        csvfile.FileRefused: the file as a whole.
    """
    table = read_table(content, REQUIRED, OPTIONAL)
    entries, findings = read_entries(table.rows, municipality)
    generation = await key.generation(db)
    rows = [_row(entry, key, generation, municipality) for entry in entries]
    findings += await _known(db, municipality, entries, rows)
    return Checked(
        sha256=hashlib.sha256(content).hexdigest(),
        encoding=table.encoding,
        ignored=table.ignored,
        generation=generation,
        total=len(table.rows),
        rows=() if findings else tuple(rows),
        findings=tuple(sorted(findings, key=lambda finding: finding.row)),
    )


async def import_list(
    db: AsyncSession,
    key: NumberKey,
    municipality: Municipality,
    checked: Checked,
    *,
    file_name: str,
    actor: str,
    moment: datetime,
) -> int:
    """Store all companies of a list without findings, in one transaction; how many.

    Raises:
        ListOutdated: nothing was stored.
    """
    await exclusive(db, KEY_TURN)
    if checked.findings or not checked.rows or await key.generation(db) != checked.generation:
        await db.rollback()
        raise ListOutdated
    macs, companies = await _present(db, municipality)
    for row in checked.rows:
        if row["number_mac"] in macs or identity(row["name"], row["address"]) in companies:
            await db.rollback()
            raise ListOutdated
    shared = {"municipality": municipality.code, "state": "active"}
    values = [
        {**shared, **row, "number_since": moment if row["number_mac"] else None} for row in checked.rows
    ]
    made = await db.execute(insert(Company).returning(Company.id, sort_by_parameter_order=True), values)
    event = {"moment": moment, "municipality": municipality.code, "actor": actor}
    file = {"file": file_name, "sha256": checked.sha256}
    await db.execute(
        insert(Event),
        [
            {**event, "kind": "imported", "company_id": company_id, "detail": {"sha256": checked.sha256}}
            for company_id in made.scalars()
        ],
    )
    db.add(Event(**event, kind="listImported", detail={**file, "companies": len(values)}))
    await db.commit()
    return len(values)


def _row(entry: Entry, key: NumberKey, generation: int, municipality: Municipality) -> dict[str, Any]:
    mac = key.mac_of(generation, municipality.code, entry.number) if entry.number else None
    return {
        "number_mac": mac,
        "name": entry.name,
        "reading": entry.reading,
        "representative": entry.representative,
        "address": entry.address,
        "mail": entry.mail,
    }


async def _present(db: AsyncSession, municipality: Municipality) -> tuple[set[str], set[str]]:
    """The HMACs and the identities of the municipality's companies."""
    stored = select(Company.number_mac, Company.name, Company.address)
    rows = (await db.execute(stored.where(Company.municipality == municipality.code))).all()
    return (
        {row.number_mac for row in rows if row.number_mac is not None},
        {identity(row.name, row.address) for row in rows},
    )


async def _known(
    db: AsyncSession, municipality: Municipality, entries: Sequence[Entry], rows: Sequence[dict[str, Any]]
) -> list[Finding]:
    macs, companies = await _present(db, municipality)
    found = []
    for entry, row in zip(entries, rows, strict=True):
        if entry.identity in companies:
            found.append(Finding(row=entry.row, field=NAME, reason=KNOWN))
        if row["number_mac"] in macs:
            found.append(Finding(row=entry.row, field=NUMBER, reason=USED))
    return found
