"""S6: what was typed, read-only; the document goes out, its signature comes in (S10's as well)."""

import base64

from aiohttp import web

from .. import drafts
from ..cards import CardRefused, card_of
from ..changes import RegistrationChanged
from ..context import (
    REGISTRATIONS,
    Visit,
    body_of,
    expired,
    page,
    problem,
    see,
    session_here,
    session_over,
    visit_of,
)
from ..database import Company, PortalSession
from ..document import MEDIA_TYPE, changed_fields, document_name
from ..form import SECTIONS
from ..history import card_actor
from ..holder import der_thumbprint, holder_of
from ..refusals import note
from ..registration import TransactionUnknown, seen_digest
from ..text import Text
from ..verification import VerificationError, load_certificate
from .entry import registration_here

routes = web.RouteTableDef()

OTHER = Text("電子署名を確認できませんでした。", "The signature could not be verified.")
CHANGED = Text(
    "内容が変更されたため、この署名は使えません。",
    "The contents have changed, so this signature cannot be used.",
)
MEANWHILE = Text(
    "ほかの画面で登録内容が変更されました。", "The registration has been changed somewhere else meanwhile."
)


@routes.get("/m/{code}/confirm")
async def show(request: web.Request) -> web.Response:
    """S6 登録内容確認, or of a change."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.event_id is not None:
        return see(visit.address("done"))
    if session.company_id is None or session.form is None or session.procedure == "renew":
        return see(visit.address("form"))
    try:
        registration = await registration_here(visit, session)
    except CardRefused as refusal:
        return page(visit, "refused.html", status=403, refusal=refusal)
    return page(
        visit,
        "s6.html",
        company=await visit.db.get_one(Company, session.company_id),
        holder=holder_of(load_certificate(session.certificate or b"")),
        sections=SECTIONS,
        form=session.form,
        changed=changed_fields(registration.form, session.form) if registration else [],
        seen=seen_digest(session),
    )


@routes.post("/m/{code}/api/document")
async def document(request: web.Request) -> web.Response:
    """`{"seen"}` → `{"transaction", "name", "mediaType", "content", "certificate"}`.

    `seen` says which contents the page shows (registration.seen_digest). `content` is base64 of the exact
    bytes, `certificate` the thumbprint of the certificate that must sign, null where it is not known yet.
    """
    visit = visit_of(request)
    session = session_here(visit)
    if session is None or session.company_id is None or session.form is None:
        return session_over(visit)
    seen = str((await body_of(request)).get("seen", ""))
    if not seen.isascii():
        return problem(visit, 400, "invalidRequest", OTHER)
    try:
        made = await request.app[REGISTRATIONS].document(visit.db, session, visit.municipality, seen)
    except TransactionUnknown:
        return problem(visit, 409, "transactionUnknown", CHANGED)
    except RegistrationChanged:
        return problem(visit, 409, "registrationChanged", MEANWHILE)
    except CardRefused as refusal:
        return problem(visit, 409, refusal.reason, refusal.message)
    return web.json_response(
        {
            "transaction": made.id,
            "name": document_name(made.kind),
            "mediaType": MEDIA_TYPE,
            "content": base64.b64encode(made.document).decode(),
            "certificate": await _signing_certificate(visit, session),
        }
    )


async def _signing_certificate(visit: Visit, session: PortalSession) -> str | None:
    """The registered card's, at 変更; of a new card only the authentication certificate is known."""
    known = await card_of(visit.db, load_certificate(session.certificate or b""), visit.municipality.code)
    return der_thumbprint(known.signature) if known else None


async def _note_refusal(visit: Visit, company: int | None, certificate: bytes | None) -> None:
    """For the notice to the company that the card was to be registered for."""
    if company is not None and certificate is not None:
        actor = card_actor(load_certificate(certificate))
        await note(visit.db, {"card": company}, actor, visit.settings.clock())


@routes.post("/m/{code}/api/complete")
async def complete(request: web.Request) -> web.Response:
    """`{"transaction", "signature"}` (base64 CAdES) → `{"next", "receipt"}`; twice is once."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return session_over(visit)
    try:
        body = await body_of(request)
        transaction = str(body["transaction"])
        signature = base64.b64decode(body["signature"], validate=True)
    except (KeyError, TypeError, ValueError):
        return problem(visit, 400, "invalidRequest", OTHER)
    company, certificate = session.company_id, session.certificate
    try:
        done = await request.app[REGISTRATIONS].complete(visit.db, session, transaction, signature)
    except VerificationError as error:
        await _note_refusal(visit, company, certificate)
        return problem(visit, 422, error.reason, Text(error.japanese, error.english))
    except TransactionUnknown:
        return problem(visit, 409, "transactionUnknown", CHANGED)
    except RegistrationChanged:
        return problem(visit, 409, "registrationChanged", MEANWHILE)
    except CardRefused as refusal:
        await _note_refusal(visit, company, certificate)
        return problem(visit, 409, refusal.reason, refusal.message)
    await drafts.discard(visit.db, session)
    return web.json_response({"next": visit.address("done"), "receipt": done.receipt})
