"""What was typed and not sent yet: it comes back when the same card returns to the same form.

A draft is on the server, never in the browser: on a shared computer the next person has another card, and
without the card (and, for the form, without the company's number) nobody sees it. The registration number is
in none. A draft lasts `Settings.draft_s` and ends with the registration.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta

from cryptography import x509
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Draft, PortalSession
from .holder import issuer_sha256, serial_of
from .municipalities import municipalities
from .settings import Settings
from .verification import load_certificate

KINDS = ("search", "form", "change")
MAX_CHARACTERS = 500


def form_kind(session: PortalSession) -> str:
    """登録 and 変更 of one card are two forms."""
    return "change" if session.procedure == "change" else "form"


async def keep(
    db: AsyncSession, settings: Settings, session: PortalSession, kind: str, values: Mapping[str, str]
) -> None:
    """Keep `values` (each cut at 500 characters) as this card's draft of `kind`; old drafts go."""
    limit = settings.clock() - timedelta(seconds=settings.draft_s)
    await db.execute(delete(Draft).where(Draft.saved < limit))
    subject = _subject(session, kind)
    row = await db.get(Draft, subject)
    if row is None:
        row = Draft(subject=subject)
        db.add(row)
    row.saved = settings.clock()
    row.values = {
        name: "" if kind == "search" and _has_number(session, value) else value[:MAX_CHARACTERS]
        for name, value in values.items()
    }
    try:
        await db.commit()
    except IntegrityError:
        # Another tab kept one at the same moment: the next keystroke comes anyway.
        await db.rollback()
        await db.refresh(session)


async def kept(
    db: AsyncSession, settings: Settings, session: PortalSession, kind: str
) -> dict[str, str] | None:
    """The draft of this card, if there is one that is not too old."""
    row = await db.get(Draft, _subject(session, kind))
    if row is None or settings.clock() - row.saved > timedelta(seconds=settings.draft_s):
        return None
    return row.values


async def discard(db: AsyncSession, session: PortalSession, *kinds: str) -> None:
    """Forget this card's drafts of these kinds, or all of them; the caller commits."""
    subjects = [_subject(session, kind) for kind in kinds or KINDS]
    await db.execute(delete(Draft).where(Draft.subject.in_(subjects)))


def _has_number(session: PortalSession, text: str) -> bool:
    """Whether somebody typed what may be the registration number into the field of the name."""
    plain = re.sub(r"[\s\-\u2010-\u2015\u2212\u30fc]", "", unicodedata.normalize("NFKC", text))
    length = municipalities()[session.municipality or ""].number_length
    return re.search(rf"[0-9]{{{length}}}", plain) is not None


def _subject(session: PortalSession, kind: str) -> str:
    """A digest of the card, the municipality and, but for `search`, the company that was found."""
    certificate: x509.Certificate = load_certificate(session.certificate or b"")
    company = "" if kind == "search" else str(session.company_id)
    parts = (kind, issuer_sha256(certificate), serial_of(certificate), str(session.municipality), company)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
