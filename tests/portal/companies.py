"""More cards for a portal's sample companies, and what its database holds."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cardbridge_portal.authority import issue_card

# Of the first sample company and its card.
COMPANY, HOLDER, ADDRESS = "株式会社見本建設", "見本　太郎", "鹿児島県鹿児島市見本町１－２－３"
NEXT_WEEK = timedelta(days=7)


def another_card(data: Path, company: str = COMPANY, holder: str = HOLDER, **values: Any) -> Path:
    """The folder of a card that the demo authority has issued just now, to the same person unless said."""
    return issue_card(data, company, holder, **dict[str, Any](address=ADDRESS, curve=True) | values).directory


def expiring_card(data: Path, **values: Any) -> Path:
    """One that is valid for a week."""
    return another_card(data, not_after=datetime.now(UTC) + NEXT_WEEK, **values)


def rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds in the portal's SQLite."""
    with sqlite3.connect(data / "portal.sqlite3") as database:
        return database.execute(query, values).fetchall()


def execute(data: Path, statement: str, *values: object) -> None:
    """Change the portal's SQLite, as another program would."""
    with sqlite3.connect(data / "portal.sqlite3", timeout=10) as database:
        database.execute(statement, values)
