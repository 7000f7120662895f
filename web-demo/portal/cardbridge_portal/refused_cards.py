"""A card that is refused at 変更, ICカード更新 or ログイン and concerns a company: it hears of it."""

from datetime import datetime

from cryptography import x509
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import CardRefused, CardRenewed, CardRevoked
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
    await note(db, {"card": refusal.company_id}, card_actor(certificate), moment)
    await db.commit()
    if wake := db.info.get(WAKE):
        wake()
