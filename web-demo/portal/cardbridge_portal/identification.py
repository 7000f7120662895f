"""Which procedure a card begins, once its token has been verified: the card alone says who it is.

`register` leads to S4, `change` to S5 filled in, `renewOld` and `renewNew` through S10, `login` to
マイページ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import CardAlreadyRegistered, active_card, is_taken
from .database import PortalSession, Registration
from .renewal import check_pair
from .sessions import start_over
from .verification import load_certificate

STEPS = ("register", "change", "renewOld", "renewNew", "login")
_TOKEN_MEMBERS = ("unverifiedCertificate", "algorithm", "signature", "format", "appVersion")


class OldCardFirst(Exception):
    """The new card came without the old one: the session knows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A card whose token holds: `nonce` and `token` are the proof, `moment` is when."""

    certificate: x509.Certificate
    municipality: str
    nonce: str
    token: Mapping[str, Any]
    moment: datetime

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def proof(self) -> dict[str, Any]:
        """What anybody can verify later: the nonce and the token that signs it."""
        return {"nonce": self.nonce, "token": {name: self.token.get(name) for name in _TOKEN_MEMBERS}}


async def begin(db: AsyncSession, session: PortalSession, step: str, card: Identified) -> str:
    """Let the session go on with this card; the next screen's address.

    Raises:
        CardRefused: the session stays as it was.
        OldCardFirst
    """
    if step == "renewNew":
        return await _replace(db, session, card)
    if step == "register":
        start_over(session, "register", card.der)
        return "search"
    _, registration, company = await active_card(db, card.certificate, card.municipality)
    if step == "login":
        start_over(session, "login", card.der)
        session.company_id = company.id
        return "mypage"
    if step == "change":
        begin_change(session, card.der, registration)
        return "form"
    start_over(session, "renew")
    session.old_certificate, session.old_proof = card.der, card.proof
    session.company_id, session.form = company.id, dict(registration.form)
    return "renew"


def begin_change(session: PortalSession, certificate: bytes, registration: Registration) -> None:
    """S9: the form filled with what is registered; `certificate` (DER) is the card's, verified before."""
    start_over(session, "change", certificate)
    session.company_id = registration.company_id
    session.form, session.version = dict(registration.form), registration.version


async def _replace(db: AsyncSession, session: PortalSession, card: Identified) -> str:
    if session.procedure != "renew" or session.old_certificate is None or session.event_id is not None:
        raise OldCardFirst
    old = load_certificate(session.old_certificate)
    check_pair(old, card.certificate, card.moment, session.company_id)
    if await is_taken(db, card.certificate, card.municipality):
        raise CardAlreadyRegistered(session.company_id)
    session.certificate, session.transaction_id = card.der, None
    return "renew-confirm"
