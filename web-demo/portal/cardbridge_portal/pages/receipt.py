"""S7 and S8: the receipt, and the sheet to print; of earlier procedures too."""

from aiohttp import web
from sqlalchemy import select

from ..cards import CardRefused, active_card
from ..context import Visit, expired, page, see, session_here, visit_of
from ..database import Card, Company, Event, PortalSession
from ..form import SECTIONS
from ..holder import Holder, holder_of
from ..printing import is_dense
from ..verification import load_certificate

routes = web.RouteTableDef()


async def _show(visit: Visit, template: str, event: Event, close: str) -> web.Response:
    card = await visit.db.get_one(Card, event.card_id)
    replaced = event.detail.get("oldCardId")
    old = await visit.db.get_one(Card, replaced) if replaced is not None else None
    company = await visit.db.get_one(Company, event.company_id)
    form = event.form or {}
    return page(
        visit,
        template,
        kind=event.kind,
        receipt=event.receipt,
        time=event.moment,
        company=company,
        holder=_holder(card),
        old=_holder(old) if old else None,
        masked="＊" * visit.municipality.number_length,
        sections=SECTIONS,
        form=form,
        dense=is_dense((company.name, company.representative, company.address, *form.values())),
        close=close,
    )


def _holder(card: Card) -> Holder:
    return holder_of(load_certificate(card.authentication))


async def _of_session(visit: Visit, template: str) -> web.Response:
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.event_id is None:
        return see(visit.address("menu"))
    event = await visit.db.get_one(Event, session.event_id)
    return await _show(visit, template, event, visit.address("done"))


@routes.get("/m/{code}/done")
async def done(request: web.Request) -> web.Response:
    """S7 登録完了."""
    return await _of_session(visit_of(request), "s7.html")


@routes.get("/m/{code}/print")
async def sheet(request: web.Request) -> web.Response:
    """S8 印刷."""
    return await _of_session(visit_of(request), "s8.html")


@routes.get(r"/m/{code}/receipts/{receipt:\d{8}-\d{8}}")
async def earlier(request: web.Request) -> web.Response:
    """S8 of a receipt that マイページ lists; of the card's own registration only."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    event = await _own_event(visit, session, request.match_info["receipt"])
    if event is None:
        raise web.HTTPNotFound
    return await _show(visit, "s8.html", event, visit.address("mypage"))


async def _own_event(visit: Visit, session: PortalSession, receipt: str) -> Event | None:
    if session.certificate is None:
        return None
    certificate = load_certificate(session.certificate)
    try:
        _, registration, _ = await active_card(visit.db, certificate, visit.municipality.code)
    except CardRefused:
        return None
    found: Event | None = await visit.db.scalar(
        select(Event).where(Event.receipt == receipt, Event.registration_id == registration.id)
    )
    return found
