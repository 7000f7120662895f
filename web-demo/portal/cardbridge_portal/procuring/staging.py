"""Lists that were checked and wait to be imported: kept without a number in clear, for one session."""

import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..municipalities import Municipality
from ..text import Text
from .importing import Checked
from .qualification import Finding
from .tables import CheckedList


async def keep(
    db: AsyncSession,
    session_id: int,
    municipality: Municipality,
    checked: Checked,
    *,
    file_name: str,
    moment: datetime,
) -> CheckedList:
    """Keep a checked list; the session's earlier one is dropped. Nothing is committed."""
    await db.execute(delete(CheckedList).where(CheckedList.session_id == session_id))
    kept = CheckedList(
        id=secrets.token_hex(16),
        session_id=session_id,
        municipality=municipality.code,
        checked=moment,
        file_name=file_name[:120],
        file_sha256=checked.sha256,
        encoding=checked.encoding,
        ignored=list(checked.ignored),
        generation=checked.generation,
        total=checked.total,
        rows=list(checked.rows),
        findings=[[each.row, each.field, each.reason.ja, each.reason.en] for each in checked.findings],
    )
    db.add(kept)
    await db.flush()
    return kept


async def kept_list(
    db: AsyncSession, session_id: int, municipality: Municipality, list_id: str
) -> CheckedList | None:
    """A list that this session had checked, and has not imported.

    Of this municipality: another official may have gone on in the same browser.
    """
    found: CheckedList | None = await db.scalar(
        select(CheckedList).where(
            CheckedList.id == list_id,
            CheckedList.session_id == session_id,
            CheckedList.municipality == municipality.code,
        )
    )
    return found


def checked_of(kept: CheckedList) -> Checked:
    """What was kept, as the check gave it."""
    return Checked(
        sha256=kept.file_sha256,
        encoding=kept.encoding,
        ignored=tuple(kept.ignored),
        generation=kept.generation,
        total=kept.total,
        rows=tuple(kept.rows),
        findings=tuple(
            Finding(row=row, field=field, reason=Text(ja, en)) for row, field, ja, en in kept.findings
        ),
    )
