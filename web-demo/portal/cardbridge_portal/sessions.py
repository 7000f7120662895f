"""Server-side sessions: cookie, CSRF token, idle limit, rotation."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Literal

from aiohttp import web
from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Challenge, PortalSession, SigningTransaction
from .settings import Settings

Role = Literal["company", "official"]
COOKIES: dict[Role, str] = {"company": "cardbridge-portal", "official": "cardbridge-authority"}


def cookie_name(settings: Settings, role: Role = "company") -> str:
    """`__Host-` needs TLS; a loopback http origin has a plain name."""
    return f"__Host-{COOKIES[role]}" if settings.secure else COOKIES[role]


def digest(value: str) -> str:
    """SHA-256 in hex: what of a secret the database may hold."""
    return hashlib.sha256(value.encode()).hexdigest()


async def find(
    db: AsyncSession, settings: Settings, cookie: str | None, role: Role = "company"
) -> PortalSession | None:
    """The live session of a cookie in a role; one that was idle too long is deleted and None."""
    if not cookie or len(cookie) > 200:
        return None
    row = await db.scalar(
        select(PortalSession).where(PortalSession.cookie_sha256 == digest(cookie), PortalSession.role == role)
    )
    if row is None:
        return None
    now = settings.clock()
    if now - row.last_seen > timedelta(seconds=settings.idle_s):
        await end(db, row)
        return None
    row.last_seen = now
    await db.commit()
    return row


async def end(db: AsyncSession, row: PortalSession) -> None:
    """Delete a session and what belongs to it."""
    for table in (Challenge, SigningTransaction):
        await db.execute(delete(table).where(table.session_id == row.id))
    await db.delete(row)
    await db.commit()


async def discard_idle(db: AsyncSession, settings: Settings) -> None:
    """Delete the sessions that nobody will come back to."""
    limit = settings.clock() - timedelta(seconds=settings.idle_s)
    await _delete(db, PortalSession.last_seen < limit)
    await db.commit()


async def end_of_company(db: AsyncSession, company_id: int) -> None:
    """Delete the sessions in which a company is under way. Nothing is committed."""
    await _delete(db, PortalSession.company_id == company_id)


async def end_of_card(db: AsyncSession, certificate: bytes, municipality: str) -> None:
    """Delete the sessions of one municipality in which a card (DER) is under way. Nothing is committed."""
    held = or_(PortalSession.certificate == certificate, PortalSession.old_certificate == certificate)
    await _delete(db, and_(held, PortalSession.municipality == municipality))


async def _delete(db: AsyncSession, which: ColumnElement[bool]) -> None:
    found = select(PortalSession.id).where(which)
    for table in (Challenge, SigningTransaction):
        await db.execute(delete(table).where(table.session_id.in_(found)))
    await db.execute(delete(PortalSession).where(which))


async def begin(db: AsyncSession, settings: Settings, role: Role = "company") -> tuple[PortalSession, str]:
    """A new session and its cookie's value."""
    await discard_idle(db, settings)
    cookie = secrets.token_urlsafe(32)
    row = PortalSession(
        cookie_sha256=digest(cookie),
        role=role,
        csrf=secrets.token_urlsafe(32),
        last_seen=settings.clock(),
    )
    db.add(row)
    await db.commit()
    return row, cookie


def rotate(row: PortalSession) -> str:
    """Give the session another identifier and CSRF token; returns the new cookie's value."""
    cookie = secrets.token_urlsafe(32)
    row.cookie_sha256 = digest(cookie)
    row.csrf = secrets.token_urlsafe(32)
    return cookie


def start_over(row: PortalSession, procedure: str | None = None, certificate: bytes | None = None) -> None:
    """Forget the procedure under way; `procedure` and `certificate` (DER) begin another."""
    row.procedure, row.certificate = procedure, certificate
    row.holder_confirmed = False
    row.old_certificate = row.old_proof = row.version = None
    row.company_id = row.form = row.transaction_id = row.event_id = None


def set_cookie(response: web.StreamResponse, settings: Settings, value: str, role: Role = "company") -> None:
    """Secure also over http: browsers take http on loopback for a secure context."""
    name = cookie_name(settings, role)
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Strict")


def csrf_matches(row: PortalSession, given: str) -> bool:
    """Constant-time comparison with the session's CSRF token."""
    return hmac.compare_digest(row.csrf.encode(), given.encode(errors="surrogateescape"))
