"""A8: the history of the municipality's work, and one entry with its signature."""

from typing import Literal

from aiohttp import web

from ...context import FETCH, POLICY
from ...database import Company, Event
from ...document import MEDIA_TYPE
from ...holder import holder_of
from ...text import Text
from ...verification import VerificationError, VerifiedSignature, verify_cades
from ..access import Desk, at_desk
from ..events import actor_names, detail_text, event_of, kind_text, work_history
from ..paging import after_of

routes = web.RouteTableDef()

BASE = "/authority/history"
SIGNATURE_TYPE = "application/pkcs7-signature"
Part = Literal["document", "signature"]


@routes.get(BASE)
@at_desk
async def show_list(request: web.Request, desk: Desk) -> web.StreamResponse:
    """A8 履歴: what officials and the system did."""
    after = after_of(request.query.get("after", ""))
    listing = await work_history(desk.visit.db, desk.municipality, after)
    return desk.page(
        "history.html",
        listing=listing,
        actors=await actor_names(desk.visit.db, listing.rows),
        kind_text=kind_text,
        detail_text=detail_text,
        first=BASE,
        following=f"{BASE}?after={listing.next_after}",
    )


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}")
@at_desk
async def show(request: web.Request, desk: Desk) -> web.StreamResponse:
    """One entry: form, document, signature."""
    return await _show(desk, await event_here(request, desk))


async def _show(
    desk: Desk,
    event: Event,
    verified: VerifiedSignature | None = None,
    refusal: Text | None = None,
) -> web.Response:
    company = await desk.visit.db.get(Company, event.company_id) if event.company_id else None
    return desk.page(
        "event.html",
        event=event,
        company=company,
        kind=kind_text(event),
        detail=detail_text(event),
        actor=(await actor_names(desk.visit.db, [event]))[event.actor],
        document=None if event.document is None else event.document.decode("utf-8", "replace"),
        verified=verified,
        signer=None if verified is None else holder_of(verified.certificate),
        refusal=refusal,
    )


@routes.post(rf"{BASE}/{{id:\d{{1,9}}}}/verify")
@at_desk
async def verify(request: web.Request, desk: Desk) -> web.StreamResponse:
    """署名の検証: by the portal's rules, as of the receipt, with what authorities publish now."""
    event = await event_here(request, desk)
    if event.signature is None or event.document is None:
        raise web.HTTPNotFound
    try:
        verified = await verify_cades(
            event.signature,
            event.document,
            policy=request.app[POLICY],
            moment=event.moment,
            now=desk.visit.settings.clock(),
            fetch=request.app[FETCH],
        )
    except VerificationError as error:
        return await _show(desk, event, refusal=Text(error.japanese, error.english))
    return await _show(desk, event, verified=verified)


@routes.get(rf"{BASE}/{{id:\d{{1,9}}}}/{{part:document|signature}}")
@at_desk
async def download(request: web.Request, desk: Desk) -> web.StreamResponse:
    """The signed bytes, or the signature (DER, detached), as files to keep."""
    event = await event_here(request, desk)
    signed = request.match_info["part"] == "document"
    content = event.document if signed else event.signature
    if content is None:
        raise web.HTTPNotFound
    name = f"{event.receipt or event.id}.txt{'' if signed else '.p7s'}"
    return web.Response(
        body=content,
        headers={
            "Content-Type": MEDIA_TYPE if signed else SIGNATURE_TYPE,
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


async def event_here(request: web.Request, desk: Desk) -> Event:
    """The entry that the address names; 404 unless it is the municipality's own."""
    found = await event_of(desk.visit.db, desk.municipality, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return found
