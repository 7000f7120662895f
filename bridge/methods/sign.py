"""`sign.documents`."""

from __future__ import annotations

import hashlib

from bridge.core import errors, selection
from bridge.core.consent import Approved, ShownDocument
from bridge.core.document import SignerDocument, read_document
from bridge.core.messages import DocumentSignature, DocumentSignatures, SignDocumentsParams
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, public, survey_cards
from bridge.methods.dialogue import Dialogue, dialogue
from bridge.methods.keyuse import best_algorithm, signer
from bridge.methods.session import CardSession
from bridge.methods.unlock import consent, turn, unlock
from bridge.signatures.packaging import Packaging, packaging_of


async def sign_documents(call: Call, params: SignDocumentsParams) -> DocumentSignatures:
    """One signature a document, in order, all or nothing.

    Raises:
        BridgeError: unsupported format, unreadable document, no card, wrong PIN, cancelled, …
    """
    packaging = packaging_of(params.format, params.packaging, params.level)
    documents = tuple(read_document(d.name, d.media_type, d.content) for d in params.documents)
    async with turn(call) as session:
        async with dialogue(call, "sign") as window:
            found = selection.entries(await survey_cards(call, window))
            entry = await _entry(call, params, window, found)
            best_algorithm(entry)
            await _approve(call, window, entry, documents, session)
        signatures = await _signatures(call, entry, documents, packaging)
        await call.desk.tokens.forget(entry.place)
        return DocumentSignatures(signatures=signatures, certificate=public(entry))


async def _entry(
    call: Call, params: SignDocumentsParams, window: Dialogue, found: list[CertificateEntry]
) -> CertificateEntry:
    fitting = selection.for_signature(found)
    if params.certificate is not None:
        fitting = [entry for entry in fitting if entry.facts.thumbprint == params.certificate]
        if not fitting:
            raise errors.CertificateMismatch
    return await choose_one(call, window, fitting)


async def _approve(
    call: Call,
    window: Dialogue,
    entry: CertificateEntry,
    documents: tuple[SignerDocument, ...],
    session: CardSession | None,
) -> None:
    shown = tuple(ShownDocument(name=d.name, media_type=d.media_type, content=d.content) for d in documents)
    if session is not None and _serves(session, entry):
        approved: Approved = await consent(call, window, entry, shown)
        call.desk.sessions.use(session)
    else:
        if session is not None:
            await call.desk.sessions.end()
        approved = (await unlock(call, window, entry, documents=shown)).approved
    if approved.digests != tuple(d.digest for d in documents):
        raise errors.InternalError("What was shown is not what was to be signed.")


def _serves(session: CardSession, entry: CertificateEntry) -> bool:
    """Whether the session's login lets this key sign without another PIN."""
    same = session.entry.place.driver == entry.place.driver
    same = same and session.entry.place.token.slot == entry.place.token.slot
    return same and entry.key_id not in session.login.always_authenticate


async def _signatures(
    call: Call, entry: CertificateEntry, documents: tuple[SignerDocument, ...], packaging: Packaging
) -> tuple[DocumentSignature, ...]:
    from bridge.signatures import cades

    algorithm = best_algorithm(entry)
    sign = signer(call, entry, algorithm)
    made: list[DocumentSignature] = []
    for done, document in enumerate(documents):
        await call.progress.send("signing", done=done, total=len(documents), reader=entry.reader)
        content = await cades.sign(
            document,
            entry.facts.der,
            tuple(issuer.der for issuer in entry.chain),
            algorithm,
            sign,
            is_detached=packaging == "detached",
            signing_time=call.desk.clock.now(),
        )
        made.append(
            DocumentSignature(
                name=f"{document.name}.p7s" if packaging == "detached" else f"{document.name}.p7m",
                media_type=cades.MEDIA_TYPE,
                content=content,
                document_digest=hashlib.sha256(document.content).hexdigest(),
            )
        )
    return tuple(made)
