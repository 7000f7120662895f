"""S6: the document to sign, and the registration once its signature holds."""

import asyncio
import secrets

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .database import Card, Company, PortalSession, Registration, SigningTransaction
from .document import Application, make_document
from .holder import JAPAN, holder_of, issuer_sha256, serial_of
from .municipalities import Municipality
from .settings import Settings
from .verification import Fetch, Policy, VerificationError, load_certificate, verify_cades


class CardAlreadyRegistered(Exception):
    """Another registration holds this card."""


class TransactionUnknown(Exception):
    """Not this session's transaction, or its form has changed since."""


class SignerMismatch(VerificationError):
    """The signature is by a certificate of another issuer or subject."""

    reason = "signerMismatch"
    japanese = (
        "はじめに確認したICカードと、署名に使ったICカードが異なります。はじめのICカードで署名してください。"
    )
    english = "The card that signed is not the one that was checked first. Please sign with that card."


async def is_registered(db: AsyncSession, certificate: x509.Certificate) -> bool:
    """Whether the card of this authentication certificate is registered."""
    found = await db.scalar(
        select(Card.id).where(
            Card.issuer_sha256 == issuer_sha256(certificate), Card.serial == serial_of(certificate)
        )
    )
    return found is not None


class Registrations:
    """Completes registrations, one at a time: sent twice is one registration."""

    def __init__(self, settings: Settings, policy: Policy, fetch: Fetch) -> None:
        self._settings = settings
        self._policy = policy
        self._fetch = fetch
        self._lock = asyncio.Lock()

    async def document(
        self, db: AsyncSession, session: PortalSession, municipality: Municipality
    ) -> SigningTransaction:
        """The session's document: made once, the same bytes until the form changes."""
        async with self._lock:
            await db.refresh(session)
            if session.transaction_id is not None:
                known = await db.get(SigningTransaction, session.transaction_id)
                if known is not None:
                    return known
            company = await db.get_one(Company, session.company_id)
            transaction = secrets.token_hex(16)
            moment = self._settings.clock()
            made = SigningTransaction(
                id=transaction,
                session_id=session.id,
                company_id=company.id,
                created=moment,
                form=dict(session.form or {}),
                document=make_document(
                    Application(
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
                ),
            )
            db.add(made)
            session.transaction_id = transaction
            await db.commit()
            return made

    async def complete(
        self, db: AsyncSession, session: PortalSession, transaction: str, signature: bytes
    ) -> Registration:
        """Verify the signature over the kept bytes and store everything at once.

        Raises:
            TransactionUnknown, CardAlreadyRegistered, VerificationError
        """
        async with self._lock:
            await db.refresh(session)
            if session.transaction_id is None or transaction != session.transaction_id:
                raise TransactionUnknown
            done = await db.scalar(select(Registration).where(Registration.transaction_id == transaction))
            if done is not None:
                return done
            pending = await db.get(SigningTransaction, transaction)
            if pending is None or pending.session_id != session.id:
                raise TransactionUnknown
            try:
                return await self._store(db, session, pending, signature)
            except IntegrityError:
                # Another process of the portal was first: the unique constraints decide.
                await db.rollback()
            done = await db.scalar(select(Registration).where(Registration.transaction_id == transaction))
            if done is None:
                raise CardAlreadyRegistered
            return done

    async def _store(
        self, db: AsyncSession, session: PortalSession, pending: SigningTransaction, signature: bytes
    ) -> Registration:
        authentication = load_certificate(session.certificate or b"")
        moment = self._settings.clock()
        verified = await verify_cades(
            signature, pending.document, policy=self._policy, moment=moment, fetch=self._fetch
        )
        signer = verified.certificate
        if signer.issuer != authentication.issuer or signer.subject != authentication.subject:
            raise SignerMismatch("another issuer or subject")
        if await is_registered(db, authentication):
            raise CardAlreadyRegistered
        registration = Registration(
            transaction_id=pending.id,
            receipt=_receipt(moment.astimezone(JAPAN).strftime("%Y%m%d")),
            registered=moment,
            company_id=pending.company_id,
            form=pending.form,
            document=pending.document,
            signature=signature,
        )
        db.add(registration)
        await db.flush()
        db.add(
            Card(
                registration_id=registration.id,
                issuer_sha256=issuer_sha256(authentication),
                serial=serial_of(authentication),
                authentication=authentication.public_bytes(Encoding.DER),
                signature=signer.public_bytes(Encoding.DER),
            )
        )
        session.registration_id = registration.id
        await db.commit()
        return registration


def _receipt(day: str) -> str:
    return f"{day}-{secrets.randbelow(10**8):08d}"
