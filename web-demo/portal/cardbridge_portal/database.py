"""The tables, for SQLite and PostgreSQL alike; migrations/ brings them into a database.

No registration number is stored in clear: `Company.number_mac` is its keyed HMAC (numbers.py).
Every change to a registration is one transaction that also writes an `Event`; events are only ever
added (the database itself refuses to change or delete one).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


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
    """The schema's base; named constraints, so that a migration can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Company(Base):
    """資格審査情報: a company qualified with one municipality.

    `state`: active | suspended. `number_mac` is None until a number has been issued, `number_since` when
    that was. `reading` is hiragana, `mail` the main contact's address before a registration names one.
    """

    __tablename__ = "company"
    __table_args__ = (
        UniqueConstraint("municipality", "number_mac"),
        CheckConstraint("state IN ('active', 'suspended')", name="state"),
        Index(None, "municipality", "name"),
        Index(None, "municipality", "reading", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality: Mapped[str] = mapped_column(String(6))
    number_mac: Mapped[str | None] = mapped_column(String(64))
    number_since: Mapped[datetime | None] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16), default="active")
    name: Mapped[str] = mapped_column(String(120))
    reading: Mapped[str] = mapped_column(String(120), default="", server_default="")
    representative: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(240))
    mail: Mapped[str] = mapped_column(String(100), default="", server_default="")


class PortalSession(Base):
    """A server-side session; the cookie's value is kept only as its SHA-256.

    `role`: company | official; a cookie of the one is never a session of the other.
    `procedure`: register | change | renew | login | None. `certificate` (DER) is the card's that was checked
    last. In ICカード更新, `old_certificate` is that of the card which is to be replaced, and `old_proof` its
    token with the nonce, which goes into the history. `version` is the registration's that the form was
    filled from. `event_id` is the receipt that S7 and S8 show.
    """

    __tablename__ = "portal_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    cookie_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16), default="company", server_default="company")
    csrf: Mapped[str] = mapped_column(String(64))
    last_seen: Mapped[datetime] = mapped_column(Moment)
    municipality: Mapped[str | None] = mapped_column(String(6))
    procedure: Mapped[str | None] = mapped_column(String(16))
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_proof: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int | None] = mapped_column()
    holder_confirmed: Mapped[bool] = mapped_column(default=False)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    form: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id"))


class Challenge(Base):
    """A nonce given to one session, to be used once."""

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("portal_session.id", ondelete="CASCADE"), index=True)
    nonce: Mapped[str] = mapped_column(String(128), unique=True)
    expires: Mapped[datetime] = mapped_column(Moment)


class SigningTransaction(Base):
    """The exact bytes that were given out to be signed, once.

    `kind`: registered | changed | renewed, the event it becomes. `registration_id`: the one that is
    changed or renewed, `version` what it was when that began.
    """

    __tablename__ = "signing_transaction"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("portal_session.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16), default="registered")
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))
    version: Mapped[int | None] = mapped_column()
    created: Mapped[datetime] = mapped_column(Moment)
    form: Mapped[dict[str, str]] = mapped_column(JSON)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class Registration(Base):
    """利用者登録 as it stands now: one card's place in one company; how it came so is in its events.

    A company has one for each of its cards (after ICカード更新, the same one with the new card). `version`
    counts its changes: who changes it says which one they have seen.
    """

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    registered: Mapped[datetime] = mapped_column(Moment)
    form: Mapped[dict[str, str]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Card(Base):
    """A registered card: known by issuer and serial of its authentication certificate.

    Of each municipality it belongs to one company for ever, also when it is no longer used; a company that is
    qualified with several registers the same card with each. `state`: active | renewed (by
    ICカード更新) | revoked (by the authority; `reason` says why). At most one is active in a registration.
    `holder`, `issuer` and `not_after` stand in the certificate too; lists search and sort by them.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("municipality", "issuer_sha256", "serial"),
        CheckConstraint("state IN ('active', 'renewed', 'revoked')", name="state"),
        # Lists and searches find their cards here, without the rows and their certificates.
        Index(
            "ix_card_list",
            "municipality",
            "id",
            "state",
            "not_after",
            "registration_id",
            "serial",
            "holder",
            "issuer",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality: Mapped[str] = mapped_column(String(6))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
    issuer_sha256: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="active")
    reason: Mapped[str | None] = mapped_column(String(120))
    holder: Mapped[str] = mapped_column(String(120))
    issuer: Mapped[str] = mapped_column(String(240))
    not_after: Mapped[datetime] = mapped_column(Moment)
    registered: Mapped[datetime] = mapped_column(Moment)
    ended: Mapped[datetime | None] = mapped_column(Moment)
    authentication: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


Index(
    "uq_card_active",
    Card.registration_id,
    unique=True,
    sqlite_where=Card.state == "active",
    postgresql_where=Card.state == "active",
)


class Event(Base):
    """One entry of the append-only history.

    `kind`: registered | changed | renewed | revoked | suspended | resumed | numberIssued |
    numbersIssued | numberIssuedInBulk | imported | listImported | officialEnrolled | officialWithdrawn |
    officialLogin.
    `transaction_id`, `receipt`, `form`, `document` and `signature` are there where the user signed;
    `actor` is 'card:SERIAL', 'official:ID' or 'system'; `detail` never holds a registration number.
    """

    __tablename__ = "event"
    __table_args__ = (Index(None, "company_id", "id"), Index(None, "municipality", "id", "actor", "kind"))

    id: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[datetime] = mapped_column(Moment)
    municipality: Mapped[str] = mapped_column(String(6))
    kind: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(80))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"))
    transaction_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    receipt: Mapped[str | None] = mapped_column(String(32), unique=True)
    form: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class NumberKeyState(Base):
    """How many keys of the key file the stored HMACs have gone through (numbers.py); one row."""

    __tablename__ = "number_key_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column()


class Turn(Base):
    """Rows that `engine.exclusive` writes to, so that processes take turns; see there."""

    __tablename__ = "turn"

    id: Mapped[int] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(default=0)


class LookupAttempts(Base):
    """Wrong look-ups of one card, from one address, or for one name (limits.py).

    `subject` is a keyed HMAC. The row may be deleted, and its failures count no more, from `forgotten`
    on. `reference` is what the holder of a locked card tells the authority; for cards only.
    """

    __tablename__ = "lookup_attempts"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure: Mapped[datetime] = mapped_column(Moment)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    forgotten: Mapped[datetime] = mapped_column(Moment, index=True)
    reference: Mapped[str | None] = mapped_column(String(12), index=True)


class LookupRelease(Base):
    """The authority's leave for one card to look for one name in spite of locks; used up by success.

    `subject` is a keyed HMAC of card, municipality and name.
    """

    __tablename__ = "lookup_release"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    tries: Mapped[int] = mapped_column()
    expires: Mapped[datetime] = mapped_column(Moment, index=True)


class Refusal(Base):
    """A refused attempt that its company has not been told of yet (refusals.py).

    `named_by` says what named the company: name | number | card. `company_id` is None when nothing did: the
    row is written all the same, so that it cannot be told from the time an answer takes.
    """

    __tablename__ = "refusal"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    moment: Mapped[datetime] = mapped_column(Moment)
    named_by: Mapped[str] = mapped_column(String(8))
    actor: Mapped[str] = mapped_column(String(80))
    locked: Mapped[bool] = mapped_column(default=False)


class OutgoingMail(Base):
    """A notice to send, or what became of it (mail/outbox.py); written with the event it tells of.

    `state`: waiting | sent | failed. `due` is the next try or, while `claim` is set, the end of the
    lease of the process that has it. `answer` is what the mail server said last.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
        Index(None, "state", "due"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(300), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    created: Mapped[datetime] = mapped_column(Moment)
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    due: Mapped[datetime] = mapped_column(Moment)
    claim: Mapped[str | None] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(default=0)
    first_try: Mapped[datetime | None] = mapped_column(Moment)
    finished: Mapped[datetime | None] = mapped_column(Moment)
    answer: Mapped[str | None] = mapped_column(String(300))


class Draft(Base):
    """What was typed and not sent; `subject` is a digest of card, municipality and company (drafts.py)."""

    __tablename__ = "draft"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    saved: Mapped[datetime] = mapped_column(Moment, index=True)
    values: Mapped[dict[str, str]] = mapped_column(JSON)
