"""A card that is refused at 変更, ICカード更新 or ログイン and concerns a company: it hears of it."""

from datetime import datetime

from cryptography import x509
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import CardRefused, CardRenewed, CardRevoked, card_of
from .database import Registration
from .history import card_actor
from .mail.notices import WAKE
from .refusals import note
from .renewal import AuthorityDiffers, CompanyDiffers

# A slip of the hand (the same card again, a card that is not registered) is no news; these are.
TOLD = (CardRevoked, CardRenewed, CompanyDiffers, AuthorityDiffers)


async def note_refused(
    db: AsyncSession, refusal: CardRefused, certificate: x509.Certificate, moment: datetime
) -> None:
    """Leave it to the task that tells companies of refusals, an hour's in one (refusals.py). Commits."""
    if refusal.company_id is None or not isinstance(refusal, TOLD):
        return
    await _tell(db, refusal.company_id, certificate, moment)


async def note_revoked(
    db: AsyncSession, certificate: x509.Certificate, municipality: str, moment: datetime
) -> None:
    """The same for a card that its certification authority has revoked: a stolen one, it may be.

    The token's signature must hold (verification/token.py looks at revocation last), or anybody could have
    a company told who has its certificate.
    """
    card = await card_of(db, certificate, municipality)
    if card is not None:
        registration = await db.get_one(Registration, card.registration_id)
        await _tell(db, registration.company_id, certificate, moment)


async def _tell(db: AsyncSession, company_id: int, certificate: x509.Certificate, moment: datetime) -> None:
    await note(db, {"card": company_id}, card_actor(certificate), moment)
    await db.commit()
    if wake := db.info.get(WAKE):
        wake()
