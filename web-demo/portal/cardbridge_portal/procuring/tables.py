"""The tables of the procuring entity's side; the companies' are in database.py."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, Moment


class Official(Base):
    """An official of one municipality, known by issuer and serial of the card's authentication certificate.

    `state`: active | withdrawn. Rows stay for ever: the history names them.
    """

    __tablename__ = "official"
    __table_args__ = (
        UniqueConstraint("issuer_sha256", "serial"),
        CheckConstraint("state IN ('active', 'withdrawn')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality: Mapped[str] = mapped_column(String(6), index=True)
    issuer_sha256: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16), default="active")
    enrolled: Mapped[datetime] = mapped_column(Moment)
    certificate: Mapped[bytes] = mapped_column(LargeBinary)


class OfficialLogin(Base):
    """What an official's session has beside portal_session's columns (`role` official).

    `authenticated` is when the card was last checked, `return_to` the path that wanted it checked again.
    `once` is the token of the confirmation that is on the screen; using it voids it.
    """

    __tablename__ = "official_login"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("portal_session.id", ondelete="CASCADE"), primary_key=True
    )
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"))
    authenticated: Mapped[datetime] = mapped_column(Moment)
    return_to: Mapped[str | None] = mapped_column(String(200))
    once: Mapped[str | None] = mapped_column(String(64))


class CheckedList(Base):
    """A qualification list that was checked (検査) and waits to be imported, by the session that sent it.

    `rows` hold a number's HMAC of `generation`, never the number; empty where `findings` are not.
    """

    __tablename__ = "checked_list"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("portal_session.id", ondelete="CASCADE"), index=True)
    municipality: Mapped[str] = mapped_column(String(6))
    checked: Mapped[datetime] = mapped_column(Moment)
    file_name: Mapped[str] = mapped_column(String(120))
    file_sha256: Mapped[str] = mapped_column(String(64))
    encoding: Mapped[str] = mapped_column(String(40))
    ignored: Mapped[list[str]] = mapped_column(JSON)
    generation: Mapped[int] = mapped_column()
    total: Mapped[int] = mapped_column()
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    findings: Mapped[list[list[Any]]] = mapped_column(JSON)
