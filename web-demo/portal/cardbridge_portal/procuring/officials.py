"""Who may act for a municipality: cards of its officials, enrolled on the server."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Card, Event
from ..history import SYSTEM
from ..holder import holder_of, issuer_sha256, serial_of
from ..municipalities import Municipality
from .tables import Official


class CardInUse(Exception):
    """The card is a company's, or an official's already."""


def official_actor(official: Official) -> str:
    """An official as the actor of an event."""
    return f"official:{official.id}"


async def official_of(db: AsyncSession, certificate: x509.Certificate) -> Official | None:
    """The official of this authentication certificate, if the card may still be used."""
    found: Official | None = await db.scalar(
        select(Official).where(
            Official.issuer_sha256 == issuer_sha256(certificate),
            Official.serial == serial_of(certificate),
            Official.state == "active",
        )
    )
    return found


async def enrol(
    db: AsyncSession, municipality: Municipality, certificate: x509.Certificate, name: str, moment: datetime
) -> Official:
    """Let the card of this authentication certificate act for the municipality. Nothing is committed.

    `name` is how the history calls its holder; '' takes it from the certificate.

    Raises:
        CardInUse
    """
    issuer, serial = issuer_sha256(certificate), serial_of(certificate)
    for table in (Card, Official):
        found = select(table.id).where(table.issuer_sha256 == issuer, table.serial == serial)
        if await db.scalar(found) is not None:
            raise CardInUse
    official = new_official(municipality, certificate, name, moment)
    db.add(official)
    await db.flush()
    db.add(_event(official, "officialEnrolled", moment))
    return official


def new_official(
    municipality: Municipality, certificate: x509.Certificate, name: str, moment: datetime
) -> Official:
    """A row for the card of this authentication certificate."""
    holder = holder_of(certificate)
    return Official(
        municipality=municipality.code,
        issuer_sha256=issuer_sha256(certificate),
        serial=holder.serial,
        name=(name or holder.name)[:120],
        enrolled=moment,
        certificate=certificate.public_bytes(Encoding.DER),
    )


async def withdraw(db: AsyncSession, official: Official, moment: datetime) -> None:
    """Take an official's access away, sessions under way included. Nothing is committed."""
    official.state = "withdrawn"
    db.add(_event(official, "officialWithdrawn", moment))


async def list_officials(db: AsyncSession, municipality: Municipality | None = None) -> Sequence[Official]:
    """All officials, withdrawn ones included, or those of one municipality."""
    wanted = select(Official).order_by(Official.municipality, Official.id)
    if municipality is not None:
        wanted = wanted.where(Official.municipality == municipality.code)
    return (await db.scalars(wanted)).all()


def _event(official: Official, kind: str, moment: datetime) -> Event:
    return Event(
        moment=moment,
        municipality=official.municipality,
        kind=kind,
        actor=SYSTEM,
        detail={"official": official.id, "name": official.name, "serial": official.serial},
    )
