"""S5: the form."""

from aiohttp import web

from .. import drafts
from ..context import Visit, expired, page, see, session_here, visit_of
from ..database import Company, PortalSession
from ..form import FIELDS, SECTIONS, errors_of, read_form
from ..holder import holder_of
from ..text import Text
from ..verification import load_certificate

routes = web.RouteTableDef()


async def _show(
    visit: Visit,
    session: PortalSession,
    form: dict[str, str],
    errors: dict[str, Text],
    status: int,
    *,
    restored: bool,
) -> web.Response:
    return page(
        visit,
        "s5.html",
        status=status,
        company=await visit.db.get_one(Company, session.company_id),
        holder=holder_of(load_certificate(session.certificate or b"")),
        sections=SECTIONS,
        labels={
            f.name: Text(f"{s.title.ja}　{f.label.ja}", f"{s.title.en}: {f.label.en}")
            for s in SECTIONS
            for f in s.fields
        },
        form=form,
        errors=errors,
        restored=restored,
    )


@routes.get("/m/{code}/form")
async def show(request: web.Request) -> web.Response:
    """S5 利用者登録."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.company_id is None:
        return see(visit.address("search"))
    if session.event_id is not None:
        return see(visit.address("done"))
    blank = {field.name: "" for field in FIELDS}
    draft = await drafts.kept(visit.db, visit.settings, session, "form")
    restored = session.form is None and any((draft or blank).values())
    values = {**blank, **(session.form or {}), **(draft or {})}
    return await _show(visit, session, values, {}, 200, restored=restored)


@routes.post("/m/{code}/form")
async def check(request: web.Request) -> web.Response:
    """入力内容確認: to S6, or back with what is said at the fields."""
    visit = visit_of(request)
    session = session_here(visit)
    if session is None:
        return expired(visit)
    if session.company_id is None:
        return see(visit.address("search"))
    if session.event_id is not None:
        return see(visit.address("done"))
    given = await request.post()
    # In the fields stands what was typed; the form has X 0208's own characters for it.
    typed = {field.name: str(given.get(field.name, "")) for field in FIELDS}
    await drafts.keep(visit.db, visit.settings, session, "form", typed)
    form = read_form(typed)
    errors = errors_of(form)
    if errors:
        return await _show(visit, session, typed, errors, 422, restored=False)
    if form != session.form:
        session.form, session.transaction_id = form, None
    return see(visit.address("confirm"))
