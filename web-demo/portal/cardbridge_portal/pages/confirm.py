"""S6: what was typed, read-only; the document goes out, its signature comes in."""

import base64
import binascii
import json

from aiohttp import web

from .. import drafts
from ..context import REGISTRATIONS, expired, page, problem, see, session_here, session_over, visit_of
from ..database import Company
from ..document import MEDIA_TYPE, NAME
from ..form import SECTIONS
from ..holder import holder_of
from ..registration import CardAlreadyRegistered, TransactionUnknown
from ..text import Text
from ..verification import VerificationError, load_certificate

routes = web.RouteTableDef()

OTHER = Text("電子署名を確認できませんでした。", "The signature could not be verified.")
CHANGED = Text(
    "内容が変更されたため、この署名は使えません。",
    "The contents have changed, so this signature cannot be used.",
)
REGISTERED = Text("このICカードはすでに登録されています。", "This IC card is registered already.")


@routes.get("/m/{code}/confirm")
async def show(request: web.Request) -> web.Response:
    """S6 登録内容確認."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.event_id is not None:
        return see(visit.address("done"))
    if session.company_id is None or session.form is None:
        return see(visit.address("form"))
    return page(
        visit,
        "s6.html",
        company=await visit.db.get_one(Company, session.company_id),
        holder=holder_of(load_certificate(session.certificate or b"")),
        sections=SECTIONS,
        form=session.form,
    )


@routes.post("/m/{code}/api/document")
async def document(request: web.Request) -> web.Response:
    """`{"transaction", "name", "mediaType", "content"}`: content is base64 of the exact bytes."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None or session.company_id is None or session.form is None:
        return session_over(visit)
    made = await request.app[REGISTRATIONS].document(visit.db, session, visit.municipality)
    content = base64.b64encode(made.document).decode()
    return web.json_response(
        {"transaction": made.id, "name": NAME, "mediaType": MEDIA_TYPE, "content": content}
    )


@routes.post("/m/{code}/api/complete")
async def complete(request: web.Request) -> web.Response:
    """`{"transaction", "signature"}` (base64 CAdES) → `{"next", "receipt"}`; twice is once."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return session_over(visit)
    try:
        body = await request.json()
        transaction = str(body["transaction"])
        signature = base64.b64decode(body["signature"], validate=True)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, binascii.Error):
        return problem(visit, 400, "invalidRequest", OTHER)
    try:
        done = await request.app[REGISTRATIONS].complete(visit.db, session, transaction, signature)
    except VerificationError as error:
        return problem(visit, 422, error.reason, Text(error.japanese, error.english))
    except TransactionUnknown:
        return problem(visit, 409, "transactionUnknown", CHANGED)
    except CardAlreadyRegistered:
        return problem(visit, 409, "cardAlreadyRegistered", REGISTERED)
    await drafts.discard(visit.db, session, "search", "form")
    return web.json_response({"next": visit.address("done"), "receipt": done.receipt})
