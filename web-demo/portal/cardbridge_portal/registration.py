"""S6: the document to sign, and the registration once its signature holds."""

import secrets

from cryptography import x509
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .cards import is_registered, new_card
from .database import Company, Event, PortalSession, Registration, SigningTransaction
from .document import Application, make_document
from .history import card_actor, new_receipt
from .holder import holder_of
from .municipalities import Municipality
from .settings import Settings
from .verification import Fetch, Policy, VerificationError, load_certificate, verify_cades


class CardAlreadyRegistered(Exception):
    """A registration holds this card, or held it."""


class TransactionUnknown(Exception):
    """Not this session's transaction, or its form has changed since."""


class SignerMismatch(VerificationError):
    """The signature is by a certificate of another issuer or subject."""

    reason = "signerMismatch"
    japanese = (
        "はじめに確認したICカードと、署名に使ったICカードが異なります。はじめのICカードで署名してください。"
    )
    english = "The card that signed is not the one that was checked first. Please sign with that card."


class Registrations:
    """Completes registrations: sent twice, to whichever process, is one registration."""

    def __init__(self, settings: Settings, policy: Policy, fetch: Fetch) -> None:
        self._settings = settings
        self._policy = policy
        self._fetch = fetch

    async def document(
        self, db: AsyncSession, session: PortalSession, municipality: Municipality
    ) -> SigningTransaction:
        """The session's document: made once, the same bytes until the form changes."""
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
        company = await db.get_one(Company, session.company_id)
        transaction, moment = secrets.token_hex(16), self._settings.clock()
        application = Application(
            origin=self._settings.origin,
            municipality=municipality,
            transaction=transaction,
            moment=moment,
            holder=holder_of(load_certificate(session.certificate or b"")),
            company=company.name,
            representative=company.representative,
            address=company.address,
            form=session.form or {},
        )
        return SigningTransaction(
            id=transaction,
            session_id=session.id,
            kind="registered",
            company_id=company.id,
            created=moment,
            form=dict(session.form or {}),
            document=make_document(application),
        )

    async def complete(
        self, db: AsyncSession, session: PortalSession, transaction: str, signature: bytes
    ) -> Event:
        """Verify the signature over the kept bytes and store everything at once.

        Raises:
            TransactionUnknown, CardAlreadyRegistered, VerificationError
        """
        pending = await self._pending(db, session)
        if pending is None or transaction != pending.id:
            raise TransactionUnknown
        done = await _event_of(db, transaction)
        if done is not None:
            return done
        authentication = load_certificate(session.certificate or b"")
        signer = await self._signer(pending, signature, authentication)
        try:
            return await self._store(db, session, pending, signature, authentication, signer)
        except IntegrityError:
            # Another request was first: the unique constraints decide.
            await db.rollback()
            await db.refresh(session)
        done = await _event_of(db, transaction)
        if done is None:
            raise CardAlreadyRegistered
        return done

    async def _signer(
        self, pending: SigningTransaction, signature: bytes, authentication: x509.Certificate
    ) -> x509.Certificate:
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
        return signer

    async def _store(
        self,
        db: AsyncSession,
        session: PortalSession,
        pending: SigningTransaction,
        signature: bytes,
        authentication: x509.Certificate,
        signer: x509.Certificate,
    ) -> Event:
        if await is_registered(db, authentication):
            raise CardAlreadyRegistered
        company = await db.get_one(Company, pending.company_id)
        moment = self._settings.clock()
        registration = Registration(company_id=company.id, registered=moment, form=pending.form)
        db.add(registration)
        await db.flush()
        card = new_card(registration, authentication, signer, registered=moment)
        db.add(card)
        await db.flush()
        event = Event(
            moment=moment,
            municipality=company.municipality,
            kind=pending.kind,
            actor=card_actor(authentication),
            company_id=company.id,
            registration_id=registration.id,
            card_id=card.id,
            transaction_id=pending.id,
            receipt=new_receipt(moment),
            form=pending.form,
            document=pending.document,
            signature=signature,
        )
        db.add(event)
        await db.flush()
        session.event_id = event.id
        await db.commit()
        return event


async def _event_of(db: AsyncSession, transaction: str) -> Event | None:
    found: Event | None = await db.scalar(select(Event).where(Event.transaction_id == transaction))
    return found
