"""S7 and S8: the receipt, and the sheet to print."""

from aiohttp import web

from ..context import Visit, expired, page, see, session_here, visit_of
from ..database import Company, Event
from ..form import SECTIONS
from ..holder import holder_of
from ..printing import is_dense
from ..verification import load_certificate

routes = web.RouteTableDef()


async def _show(visit: Visit, template: str) -> web.Response:
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.event_id is None:
        return see(visit.address("menu"))
    event = await visit.db.get_one(Event, session.event_id)
    company = await visit.db.get_one(Company, event.company_id)
    form = event.form or {}
    return page(
        visit,
        template,
        receipt=event.receipt,
        time=event.moment,
        company=company,
        holder=holder_of(load_certificate(session.certificate or b"")),
        masked="＊" * visit.municipality.number_length,
        sections=SECTIONS,
        form=form,
        dense=is_dense((company.name, company.representative, company.address, *form.values())),
    )


@routes.get("/m/{code}/done")
async def done(request: web.Request) -> web.Response:
    """S7 登録完了."""
    return await _show(visit_of(request), "s7.html")


@routes.get("/m/{code}/print")
async def sheet(request: web.Request) -> web.Response:
    """S8 印刷."""
    return await _show(visit_of(request), "s8.html")
