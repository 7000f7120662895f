"""`sign.documents`."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec.structs import replace

from bridge.core import errors, selection
from bridge.core.algorithms import ALGORITHMS
from bridge.core.consent import Approved
from bridge.core.document import ApprovedDocument, SignerDocument, approved
from bridge.core.messages import DocumentSignature, DocumentSignatures, SignDocumentsParams
from bridge.core.order import Form, SignatureOrder
from bridge.core.ports import SignatureMaker, TimeStampRequest
from bridge.core.selection import CertificateEntry
from bridge.methods.call import Call
from bridge.methods.candidates import choose_one, public, survey_cards
from bridge.methods.dialogue import Dialogue, dialogue
from bridge.methods.documents import algorithm_for, content_and_digest, read, release_uploads
from bridge.methods.keyuse import signer
from bridge.methods.session import CardSession
from bridge.methods.unlock import CardTurn, consent, unlock
from bridge.methods.working import Work, accompanied
from bridge.signatures.packaging import form_of, result_media_type, result_name


async def sign_documents(call: Call, params: SignDocumentsParams) -> DocumentSignatures:
    """One signature a document, in order, all or nothing.

    Raises:
        BridgeError: unsupported format, unreadable document, no card, wrong PIN, cancelled, …
    """
    form = form_of(params.format, params.packaging, params.level, params.stamp)
    documents = call.trail.documents = read(call, params, form)
    time_stamp = _time_stamp(call, form)
    async with CardTurn(call) as session, call.desk.signatures.maker(form) as maker:
        await _check(maker, form, documents)
        async with dialogue(call, "sign", documents) as window:
            found = selection.entries(await survey_cards(call, window))
            entry = await _entry(call, params, window, found)
            for document in documents:
                algorithm_for(entry, document)
            shown = await approve(call, window, entry, documents, session)
            signatures = await accompanied(
                call,
                window,
                entry,
                len(shown),
                lambda work: _signatures(call, maker, entry, shown, form, time_stamp, work),
            )
        await call.desk.tokens.forget(entry.place)
        release_uploads(call, params)
        return DocumentSignatures(signatures=signatures, certificate=public(entry))


def _time_stamp(call: Call, form: Form) -> TimeStampRequest | None:
    """How a time stamp is got for level B-T; None for B-B.

    Raises:
        UnsupportedFormat: the site has no time-stamping authority.
    """
    if form.level == "B-B":
        return None
    url, source = call.caller.site.timestamp_url, call.desk.time_stamps
    if not url or source is None:
        raise errors.UnsupportedFormat("No time-stamping authority is configured for this site.")
    return lambda request: source.ask(url, request)


async def _check(maker: SignatureMaker, form: Form, documents: tuple[SignerDocument, ...]) -> None:
    """Nobody is asked to sign what cannot be signed."""
    if form.reads_document:
        for document in documents:
            await maker.check(form, document.name, document.content or b"")


async def _entry(
    call: Call, params: SignDocumentsParams, window: Dialogue, found: list[CertificateEntry]
) -> CertificateEntry:
    fitting = selection.for_signature(found)
    if params.certificate is not None:
        fitting = [entry for entry in fitting if entry.facts.thumbprint == params.certificate]
        if not fitting:
            raise errors.CertificateMismatch
    return await choose_one(call, window, fitting)


async def approve(
    call: Call,
    window: Dialogue,
    entry: CertificateEntry,
    documents: tuple[SignerDocument, ...],
    session: CardSession | None,
) -> tuple[ApprovedDocument, ...]:
    """Consent to the documents that `window` shows, with a PIN where one is due: to them, and no others.

    Raises:
        BridgeError: cancelled, wrong PIN, …
    """
    if session is not None and _serves(session, entry):
        answer: Approved = await consent(call, window, entry)
        call.desk.sessions.use(session)
    else:
        if session is not None:
            await call.desk.sessions.end()
        answer = (await unlock(call, window, entry)).approved
    return approved(documents, answer.digests)


def _serves(session: CardSession, entry: CertificateEntry) -> bool:
    """Whether the session's login lets this key sign without another PIN."""
    same = session.entry.place.driver == entry.place.driver
    same = same and session.entry.place.token.slot == entry.place.token.slot
    return same and entry.key_id not in session.login.always_authenticate


async def _signatures(
    call: Call,
    maker: SignatureMaker,
    entry: CertificateEntry,
    documents: tuple[ApprovedDocument, ...],
    form: Form,
    time_stamp: TimeStampRequest | None,
    work: Work,
) -> tuple[DocumentSignature, ...]:
    # All of them, before the key is used once: each is read again and compared with what was shown.
    orders = [await _order(call, entry, document, form) for document in documents]
    made: list[DocumentSignature] = []
    for document, order in zip(documents, orders, strict=True):
        await work.begin_next(len(made))
        order = replace(order, signing_time=call.desk.clock.now())
        sign = signer(call, entry, ALGORITHMS[order.algorithm])
        try:
            content = await maker.make(order, sign, time_stamp)
        except errors.TimeStampFailed as error:
            host = urlsplit(call.caller.site.timestamp_url).hostname
            raise errors.TimeStampFailed(error.detail, driver=host) from None
        made.append(
            DocumentSignature(
                name=result_name(form, document.name),
                media_type=result_media_type(form, document.media_type),
                content=content,
                document_digest=document.shown_digest,
            )
        )
    return tuple(made)


async def _order(
    call: Call, entry: CertificateEntry, document: ApprovedDocument, form: Form
) -> SignatureOrder:
    algorithm = algorithm_for(entry, document.document)
    content, digest = await content_and_digest(document, algorithm.hash_name)
    return SignatureOrder(
        form=form,
        name=document.name,
        media_type=document.media_type,
        content=b"" if form.packaging == "detached" else content,
        digest=digest,
        certificate=entry.facts.der,
        chain=tuple(issuer.der for issuer in entry.chain),
        algorithm=algorithm.jws,
        signing_time=call.desk.clock.now(),
    )
