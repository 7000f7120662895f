"""More cards for a portal's sample companies, and what its database holds."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardbridge_portal.authority import issue_card
from cardbridge_portal.holder import issuer_sha256, serial_of
from cardbridge_portal.numbers import NumberKey

# Of the first sample company and its card.
COMPANY, HOLDER, ADDRESS = "株式会社見本建設", "見本　太郎", "鹿児島県鹿児島市見本町１－２－３"
NEXT_WEEK = timedelta(days=7)


def another_card(data: Path, company: str = COMPANY, holder: str = HOLDER, **values: Any) -> Path:
    """The folder of a card that the demo authority has issued just now, to the same person unless said."""
    return issue_card(data, company, holder, **dict[str, Any](address=ADDRESS, curve=True) | values).directory


def expiring_card(data: Path, **values: Any) -> Path:
    """One that is valid for a week."""
    return another_card(data, not_after=datetime.now(UTC) + NEXT_WEEK, **values)


async def add_company(data: Path, name: str, number: str) -> dict[str, str]:
    """Another company of the first sample's municipality, as `samples.json` would name it."""
    mac = NumberKey.open(data / "registration-number.key").mac_of(1, "462012", number)
    await execute(
        data,
        "INSERT INTO company (municipality, number_mac, state, name, representative, address, reading, mail)"
        " SELECT municipality, ?, state, ?, representative, address, reading, mail FROM company WHERE id = 1",
        mac,
        name,
    )
    return {"number": number, "name": name}


async def plant_card(data: Path, card: Path) -> None:
    """Register a card for the first sample company in the database, without the portal."""
    await asyncio.to_thread(_plant, data, card)


def _plant(data: Path, card: Path) -> None:
    authentication, signature = (_certificate(card, name) for name in ("authentication", "signature"))
    with sqlite3.connect(data / "portal.sqlite3", timeout=30) as database:
        added = database.execute(
            "INSERT INTO registration (company_id, registered, form) VALUES (1, '2026-01-01 00:00:00', '{}')"
        )
        database.execute(
            "INSERT INTO card (municipality, registration_id, issuer_sha256, serial, state, holder, issuer,"
            " not_after, registered, authentication, signature) VALUES"
            " ('462012', ?, ?, ?, 'active', ?, 'x', '2030-01-01 00:00:00', '2026-01-01 00:00:00', ?, ?)",
            [
                added.lastrowid,
                issuer_sha256(authentication),
                serial_of(authentication),
                HOLDER,
                authentication.public_bytes(Encoding.DER),
                signature.public_bytes(Encoding.DER),
            ],
        )


def _certificate(card: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((card / f"{name}.crt.pem").read_bytes())


def rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds in the portal's SQLite."""
    with sqlite3.connect(data / "portal.sqlite3") as database:
        return database.execute(query, values).fetchall()


async def execute(data: Path, statement: str, *values: object) -> None:
    """Change the portal's SQLite, as another program would: a portal in this loop may hold it just now."""

    def run() -> None:
        with sqlite3.connect(data / "portal.sqlite3", timeout=30) as database:
            database.execute(statement, values)

    await asyncio.to_thread(run)
