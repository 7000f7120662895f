"""The tables, for SQLite and PostgreSQL alike.

No registration number is stored in clear: `Company.number_mac` is its keyed HMAC (numbers.py).
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    LargeBinary,
    String,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The schema's base."""


class Company(Base):
    """資格審査情報: a company qualified with one municipality."""

    __tablename__ = "company"
    __table_args__ = (UniqueConstraint("municipality", "number_mac"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality: Mapped[str] = mapped_column(String(6))
    number_mac: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    representative: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(240))


class PortalSession(Base):
    """A server-side session; the cookie's value is kept only as its SHA-256."""

    __tablename__ = "portal_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    cookie_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    last_seen: Mapped[datetime] = mapped_column(Moment)
    municipality: Mapped[str | None] = mapped_column(String(6))
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    holder_confirmed: Mapped[bool] = mapped_column(default=False)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    form: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))


class Challenge(Base):
    """A nonce given to one session, to be used once."""

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("portal_session.id", ondelete="CASCADE"), index=True)
    nonce: Mapped[str] = mapped_column(String(128), unique=True)
    expires: Mapped[datetime] = mapped_column(Moment)


class SigningTransaction(Base):
    """The exact bytes that were given out to be signed, once."""

    __tablename__ = "signing_transaction"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("portal_session.id", ondelete="CASCADE"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    created: Mapped[datetime] = mapped_column(Moment)
    form: Mapped[dict[str, str]] = mapped_column(JSON)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class Registration(Base):
    """利用者登録: who registered what, with the signed document and its signature."""

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String(64), unique=True)
    receipt: Mapped[str] = mapped_column(String(32), unique=True)
    registered: Mapped[datetime] = mapped_column(Moment)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    form: Mapped[dict[str, str]] = mapped_column(JSON)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class Card(Base):
    """A registered card: known by issuer and serial of its authentication certificate."""

    __tablename__ = "card"
    __table_args__ = (UniqueConstraint("issuer_sha256", "serial"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"))
    issuer_sha256: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(64))
    authentication: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class LookupAttempts(Base):
    """Failed look-ups of one card or one address (`subject` is a keyed HMAC)."""

    __tablename__ = "lookup_attempts"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure: Mapped[datetime] = mapped_column(Moment)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


def _configure_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


async def open_database(url: str) -> AsyncEngine:
    """Connect and create what is missing."""
    # SQLAlchemy must not show values in errors: they are personal data.
    engine = create_async_engine(url, hide_parameters=True)
    if url.startswith("sqlite"):
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return engine
