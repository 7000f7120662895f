"""Nonces for auth.getToken: bound to a session, one at a time, used once, short-lived."""

import base64
import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Challenge, PortalSession
from .settings import Settings

NONCE_BYTES = 48


async def issue(db: AsyncSession, settings: Settings, session: PortalSession) -> str:
    """A fresh nonce, 64 characters of base64; the session's earlier one is void."""
    nonce = base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode()
    expires = settings.clock() + timedelta(seconds=settings.nonce_s)
    await db.execute(delete(Challenge).where(Challenge.session_id == session.id))
    db.add(Challenge(session_id=session.id, nonce=nonce, expires=expires))
    await db.commit()
    return nonce


async def consume(db: AsyncSession, settings: Settings, session: PortalSession) -> str | None:
    """The session's nonce, deleted whatever follows; None if there is none or it is too old."""
    taken = await db.execute(
        delete(Challenge)
        .where(Challenge.session_id == session.id)
        .returning(Challenge.nonce, Challenge.expires)
        .execution_options(synchronize_session=False)
    )
    row = taken.first()
    await db.commit()
    if row is None or row.expires <= settings.clock():
        return None
    return str(row.nonce)
