"""S6 and S10: the document to sign, and what it asks for once its signature holds."""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import CardAlreadyRegistered, CardRefused, active_card, company_turn
from .changes import RegistrationChanged, Signed, apply
from .database import Card, Company, Event, PortalSession, Registration, SigningTransaction
from .document import Application, make_document
from .holder import holder_of, issuer_sha256, serial_of
from .municipalities import Municipality
from .settings import Settings
from .verification import Fetch, Policy, VerificationError, load_certificate, verify_cades

KINDS = {"register": "registered", "change": "changed", "renew": "renewed"}


def seen_digest(session: PortalSession) -> str:
    """What S6 and S10 show of the session, in brief: a page says with it which contents it means.

    Tabs of one browser share the session, so that another one may have changed them.
    """
    seen = [session.procedure, session.form, session.version]
    seen += [base64.b64encode(der or b"").decode() for der in (session.certificate, session.old_certificate)]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


class TransactionUnknown(Exception):
    """Not this session's transaction, or its form has changed since."""


class SignerMismatch(VerificationError):
    """The signature is by a certificate of another issuer or subject."""

    reason = "signerMismatch"
    japanese = (
        "はじめに確認したICカードと、署名に使ったICカードが異なります。はじめのICカードで署名してください。"
    )
    english = "The card that signed is not the one that was checked first. Please sign with that card."


class SignedByOtherCard(VerificationError):
    """Issuer and subject are right, but the certificate is that of another registered card.

    Two cards of one person have the same subject and often the same issuer, above all in ICカード更新.
    """

    reason = "signedByOtherCard"
    japanese = "同じ会社の別のICカードで署名されています。はじめに確認したICカードで署名してください。"
    english = "Another card of the same company has signed. Please sign with the card that was checked first."


class Registrations:
    """Completes applications: sent twice, to whichever process, is one."""

    def __init__(self, settings: Settings, policy: Policy, fetch: Fetch) -> None:
        self._settings = settings
        self._policy = policy
        self._fetch = fetch

    async def document(
        self, db: AsyncSession, session: PortalSession, municipality: Municipality, seen: str
    ) -> SigningTransaction:
        """The session's document: made once, the same bytes until the form changes.

        `seen` is the `seen_digest` of the page that asks.

        Raises:
            TransactionUnknown, CardRefused, RegistrationChanged
        """
        await db.refresh(session)
        if not hmac.compare_digest(seen, seen_digest(session)):
            raise TransactionUnknown
        known = await self._pending(db, session)
        if known is not None:
            return known
        made = await self._new(db, session, municipality)
        db.add(made)
        await db.flush()
        # Of two requests at once, one is first; the other's document was never given out.
        first = await db.execute(
            update(PortalSession)
            .where(PortalSession.id == session.id, PortalSession.transaction_id.is_(None))
            .values(transaction_id=made.id)
            .returning(PortalSession.id)
            .execution_options(synchronize_session=False)
        )
        if first.first() is None:
            await db.rollback()
        await db.commit()
        pending = await self._pending(db, session)
        if pending is None:
            raise TransactionUnknown
        return pending

    async def _pending(self, db: AsyncSession, session: PortalSession) -> SigningTransaction | None:
        await db.refresh(session)
        if session.transaction_id is None:
            return None
        return await db.get(SigningTransaction, session.transaction_id)

    async def _new(
        self, db: AsyncSession, session: PortalSession, municipality: Municipality
    ) -> SigningTransaction:
        kind = KINDS.get(session.procedure or "")
        if kind is None or session.form is None or session.certificate is None:
            raise TransactionUnknown
        company = await db.get_one(Company, session.company_id)
        transaction, moment = secrets.token_hex(16), self._settings.clock()
        registration = await self._current(db, session, municipality)
        old = load_certificate(session.old_certificate) if session.old_certificate else None
        application = Application(
            kind=kind,
            origin=self._settings.origin,
            municipality=municipality,
            transaction=transaction,
            moment=moment,
            holder=holder_of(load_certificate(session.certificate)),
            company=company.name,
            representative=company.representative,
            address=company.address,
            form=session.form,
            previous=registration.form if registration and kind == "changed" else None,
            old=holder_of(old) if old else None,
        )
        return SigningTransaction(
            id=transaction,
            session_id=session.id,
            kind=kind,
            company_id=company.id,
            registration_id=registration.id if registration else None,
            version=session.version,
            created=moment,
            form=dict(session.form),
            document=make_document(application),
        )

    async def _current(
        self, db: AsyncSession, session: PortalSession, municipality: Municipality
    ) -> Registration | None:
        """The registration that is changed (as the person has seen it) or renewed; None at 登録."""
        if session.procedure == "register":
            return None
        der = session.old_certificate or session.certificate or b""
        _, registration, _ = await active_card(db, load_certificate(der), municipality.code)
        if session.procedure == "change" and registration.version != session.version:
            raise RegistrationChanged
        return registration

    async def complete(
        self, db: AsyncSession, session: PortalSession, transaction: str, signature: bytes
    ) -> Event:
        """Verify the signature over the kept bytes and store everything at once.

        Raises:
            TransactionUnknown, CardRefused, RegistrationChanged, VerificationError
        """
        pending = await self._pending(db, session)
        if pending is None or transaction != pending.id:
            raise TransactionUnknown
        done = await _event_of(db, transaction)
        if done is not None:
            return done
        signed = await self._signed(db, session, pending, signature)
        try:
            return await self._store(db, session, signed)
        except IntegrityError:
            # The same card for another company, whose turn is another: the unique constraint decides.
            await db.rollback()
            raise CardAlreadyRegistered from None
        except (CardRefused, RegistrationChanged, TransactionUnknown):
            await db.rollback()
            raise

    async def _signed(
        self, db: AsyncSession, session: PortalSession, pending: SigningTransaction, signature: bytes
    ) -> Signed:
        authentication = load_certificate(session.certificate or b"")
        verified = await verify_cades(
            signature,
            pending.document,
            policy=self._policy,
            moment=self._settings.clock(),
            fetch=self._fetch,
        )
        signer = verified.certificate
        if signer.issuer != authentication.issuer or signer.subject != authentication.subject:
            raise SignerMismatch("another issuer or subject")
        await _refuse_other_cards(db, pending.company_id, authentication, signer)
        return Signed(
            pending=pending,
            signature=signature,
            authentication=authentication,
            signer=signer,
            old=load_certificate(session.old_certificate) if session.old_certificate else None,
            old_proof=session.old_proof,
        )

    async def _store(self, db: AsyncSession, session: PortalSession, signed: Signed) -> Event:
        pending = signed.pending
        await company_turn(db, pending.company_id)
        done = await _event_of(db, pending.id)
        if done is not None:  # this was sent twice, and the other one was first
            await db.commit()
            return done
        moment: datetime = self._settings.clock()
        event = await apply(db, signed, moment)
        await self._remember(db, session, event)
        await db.commit()
        return event

    async def _remember(self, db: AsyncSession, session: PortalSession, event: Event) -> None:
        """The session shows the receipt, unless it has begun something else meanwhile."""
        kept = await db.execute(
            update(PortalSession)
            .where(PortalSession.id == session.id, PortalSession.transaction_id == event.transaction_id)
            .values(event_id=event.id)
            .returning(PortalSession.id)
            .execution_options(synchronize_session=False)
        )
        if kept.first() is None:
            raise TransactionUnknown
        await db.refresh(session)


async def _refuse_other_cards(
    db: AsyncSession, company_id: int, authentication: x509.Certificate, signer: x509.Certificate
) -> None:
    der = signer.public_bytes(Encoding.DER)
    holders = await db.execute(
        select(Card.issuer_sha256, Card.serial)
        .join(Registration, Registration.id == Card.registration_id)
        .where(Registration.company_id == company_id, or_(Card.signature == der, Card.authentication == der))
    )
    own = (issuer_sha256(authentication), serial_of(authentication))
    if any((row.issuer_sha256, row.serial) != own for row in holders):
        raise SignedByOtherCard("a certificate of another registered card")


async def _event_of(db: AsyncSession, transaction: str) -> Event | None:
    found: Event | None = await db.scalar(select(Event).where(Event.transaction_id == transaction))
    return found
